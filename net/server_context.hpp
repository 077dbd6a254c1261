#pragma once

#include <memory>
#include <optional>

#include <boost/asio/thread_pool.hpp>

#include "api/context.hpp"
#include "metrics/net_counters.hpp"
#include "net/dashboard/dashboards.hpp"
#include "net/http/http_context.hpp"
#include "net/limits/admission.hpp"
#include "net/limits/memory_budget.hpp"
#include "net/options.hpp"
#include "net/reactor/io_pool.hpp"
#include "net/reactor/thread_local_registry.hpp"

namespace nvrhub::net {

/// Owns what connections share, and gives each kind of them the part that it needs: HttpContext, WebSocketContext,
/// NvrContext, DashboardContext, api::Context. Only app, which assembles the server, and tests use the whole.
///
/// THREADS: the parts may be used from any thread; `api.registry` and `fanout` are set before the listener starts and
/// cleared when no session is left.
/// OWNERSHIP: made before the connections, outlives them and the I/O threads' io_contexts, in which connections may
/// die.
class ServerContext {
public:
  ServerContext(IoPool& pool, NetOptions options, api::Options api_options, api::About about, actors::SharedPtr shared,
                std::shared_ptr<store::Store> store);
  ~ServerContext();
  ServerContext(const ServerContext&) = delete;
  ServerContext& operator=(const ServerContext&) = delete;

  /// Waits until all that was posted to the worker pools has run. The I/O threads must be running.
  void join_workers();
  /// Ends the worker pools. What is still queued holds connections, so this comes before the I/O threads are destroyed.
  void stop_workers();

private:
  class OpenConnections;

  IoPool& pool_;
  const NetOptions options_;
  const std::unique_ptr<OpenConnections> open_connections_; // the view of this that api has

public:
  Admission admission;
  MemoryBudget memory;
  ThreadLocalRegistry<WebSocketSession> sessions; // every WebSocket
  metrics::PerThread<metrics::NetCounters> counters;
  api::Context api;
  actors::FanoutActor fanout;

private:
  std::optional<boost::asio::thread_pool> pages_pool_{1}; // makes dashboards' pages, which queries must not delay

public:
  Dashboards dashboards;

  WebSocketContext websocket;
  NvrContext nvr;
  DashboardContext dashboard;
  HttpContext http;
};

} // namespace nvrhub::net
