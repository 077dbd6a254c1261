#pragma once

#include <atomic>
#include <cstddef>

#include "actors/messages.hpp"
#include "net/websocket/websocket_context.hpp"

namespace nvrhub::net {

class Dashboards;

/// What dashboard sessions need of the server. Outlives them.
struct DashboardContext {
  WebSocketContext& websocket;
  Dashboards& dashboards;
  const actors::FanoutActor& fanout;           // null when the server has stopped it
  std::atomic<std::size_t>& dashboard_sockets; // open; counted from the upgrade on
  const std::atomic<bool>& draining;           // the server is stopping
  const actors::Log& log;
};

} // namespace nvrhub::net
