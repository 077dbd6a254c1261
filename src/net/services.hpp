#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/thread_pool.hpp>

#include "access/guard.hpp"
#include "actors/interfaces.hpp"
#include "net/counters.hpp"
#include "net/cursors.hpp"
#include "net/dashboards.hpp"
#include "net/memory.hpp"
#include "net/per_thread.hpp"
#include "net/rates.hpp"
#include "net/tls.hpp"
#include "protocol/limits.hpp"
#include "store/store.hpp"

namespace nvrhub::net {

class WebSocketSession;

struct NetOptions {
  std::chrono::milliseconds heartbeat_timeout{90'000};
  std::chrono::milliseconds auth_timeout{10'000};
  std::chrono::milliseconds request_timeout{30'000}; // to send an HTTP request, or between two on one connection
  std::size_t max_message = protocol::default_max_message;
  std::size_t max_connections = 19'000;
  std::size_t max_dashboards = 4'000;  // sockets; NVRs have the rest
  std::size_t max_handshakes = 16'384; // connections that have yet to say what they want (handshakes.hpp)
  Rate connection_rate{0, 10};         // of one address
  Rate message_rate{0, 10};            // of one NVR socket
  std::size_t memory_limit = 1 << 30;  // bytes that connections make the server hold (memory.hpp)
  Networks trusted_proxies;            // whose X-Forwarded-For is believed
  std::size_t max_body = 1 << 20;      // bytes of an HTTP body; import:
  std::size_t max_import = 64 << 20;
  std::size_t max_outbound = 16 << 20;    // bytes that wait for one socket to read them; then 4429
  std::size_t max_snapshots = 256 << 20;  // bytes of snapshots that dashboards are reading; then the oldest go
  bool manual_api = false;                // --manual-api
  std::vector<std::string> allow_origins; // --allow-origin, in lower case
  TlsFiles tls;
  bool guard_host = true; // while no token is needed, answer to this machine's own names alone (peer.hpp, foreign)
};

/// What /metrics says of the program itself.
struct About {
  std::string version;
  std::filesystem::path data_file;
};

/// What connections need of the rest of the server. Made before them, outlives them; any thread may use it.
struct Services {
  explicit Services(IoPool& io) : pool(io), memory(io), sessions(io), dashboards(io, *this) {}

  IoPool& pool;
  NetOptions options;
  access::Guard guard;
  Memory memory;
  AddressRates rates;
  Tls tls;
  About about;
  actors::Log log;
  actors::SharedPtr shared;
  actors::RegistryActor registry;
  std::shared_ptr<store::Store> store;
  PerThread<WebSocketSession> sessions; // every WebSocket
  actors::FanoutActor fanout;
  Dashboards dashboards;
  Cursors cursors;
  actors::Tallies<Counters> counters;
  std::atomic<std::size_t> connections{0};
  std::atomic<std::size_t> queries{0}; // on `readers`, waiting or running
  std::atomic<std::size_t> dashboard_sockets{0};
  std::atomic<bool> draining{false};
  std::atomic<bool> leaving{false}; // NVRs are being sent away, and none is taken (POST /api/v1/admin/drain)
  // HTTP queries: they may wait for the disk, and walk the whole store. Ends before the I/O threads are freed, for what
  // it holds belongs to their connections.
  std::optional<boost::asio::thread_pool> readers{2};
  std::optional<boost::asio::thread_pool> pages{
      1}; // dashboards' snapshots and catch-up, which queries must not hold up
  std::optional<boost::asio::thread_pool> scraper{1}; // /metrics, which neither may hold up
};

} // namespace nvrhub::net
