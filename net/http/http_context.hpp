#pragma once

#include "api/context.hpp"
#include "metrics/net_counters.hpp"
#include "net/dashboard/dashboard_context.hpp"
#include "net/limits/admission.hpp"
#include "net/limits/memory_budget.hpp"
#include "net/nvr/nvr_context.hpp"

namespace nvrhub::net {

/// What the listener and HTTP connections need of the server. Outlives them.
struct HttpContext {
  Admission& admission;
  const Timeouts& timeouts;
  MemoryBudget& memory;
  metrics::PerThread<metrics::NetCounters>& counters;
  api::Context& api;           // answers the requests
  NvrContext& nvr;             // for connections that become NVR sockets
  DashboardContext& dashboard; // for those that become dashboard sockets
};

} // namespace nvrhub::net
