#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/thread_pool.hpp>

#include "actors/interfaces.hpp"
#include "net/cursors.hpp"
#include "net/per_thread.hpp"
#include "protocol/limits.hpp"
#include "store/store.hpp"

namespace nvrhub::net {

class WebSocketSession;
class DashboardSession;

struct NetOptions {
  std::chrono::milliseconds heartbeat_timeout{90'000};
  std::chrono::milliseconds auth_timeout{10'000};
  std::chrono::milliseconds request_timeout{30'000}; // to send an HTTP request, or between two on one connection
  std::size_t max_message = protocol::default_max_message;
  std::size_t max_connections = 19'000;
  std::size_t max_body = 1 << 20; // bytes of an HTTP body; import:
  std::size_t max_import = 64 << 20;
  std::size_t max_outbound = 16 << 20; // bytes that wait for one socket to read them; then 4429
  bool manual_api = false;             // --manual-api
};

/// What connections need of the rest of the server. Made before them, outlives them; any thread may use it.
struct Services {
  explicit Services(IoPool& pool) : sessions(pool), dashboards(pool) {}

  NetOptions options;
  actors::SharedPtr shared;
  actors::RegistryActor registry;
  std::shared_ptr<store::Store> store;
  PerThread<WebSocketSession> sessions; // every WebSocket
  PerThread<DashboardSession> dashboards;
  Cursors cursors;
  std::atomic<std::size_t> connections{0};
  std::atomic<std::size_t> queries{0}; // on `readers`, waiting or running
  std::atomic<bool> draining{false};
  // HTTP queries: they may wait for the disk, and walk the whole store. Ends before the I/O threads are freed, for what
  // it holds belongs to their connections.
  std::optional<boost::asio::thread_pool> readers{2};
};

} // namespace nvrhub::net
