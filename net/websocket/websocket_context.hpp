#pragma once

#include <atomic>
#include <cstddef>

#include "access/guard.hpp"
#include "metrics/net_counters.hpp"
#include "net/limits/memory_budget.hpp"
#include "net/options.hpp"
#include "net/reactor/thread_local_registry.hpp"

namespace nvrhub::net {

class WebSocketSession;

/// What every WebSocket session needs of the server. Outlives the sessions.
struct WebSocketContext {
  const Timeouts& timeouts;
  const WebSocketLimits& limits;
  const access::Guard& guard;
  std::atomic<std::size_t>& connections; // open; each session counts as one
  MemoryBudget& memory;
  ThreadLocalRegistry<WebSocketSession>& sessions; // all of them
  metrics::PerThread<metrics::NetCounters>& counters;
};

} // namespace nvrhub::net
