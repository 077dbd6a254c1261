#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/context.hpp"
#include "metrics/exposition.hpp"

// The parts of GET /metrics: metrics.cpp has the fleet, the actors and the store; metrics_net.cpp has connections,
// dashboards, HTTP and the process.

namespace nvrhub::api {

using metrics::ActorCounters;
using metrics::Exposition;
using metrics::NetCounters;

inline constexpr double us_per_second = 1e6;
inline constexpr double ms_per_second = 1e3;

void add_connections(Exposition& out, const Connections& connections);
void add_nvr_sockets(Exposition& out, const Connections::Counters& all);
void add_dashboards(Exposition& out, const Context& context);
void add_http(Exposition& out, const Context& context);
void add_process(Exposition& out, const Context& context);

/// One value per enumerator of `Enum`, whose to_string() returns "?" for a number that is no enumerator.
template <class Enum, class PerThread, class Counters>
std::vector<Exposition::Value> by_name(const char* label, const PerThread& all, Counters counters) {
  std::vector<Exposition::Value> values;
  for (std::size_t i = 0;; ++i) {
    const std::string_view name = to_string(static_cast<Enum>(i));
    if (name == "?") return values;
    values.push_back({{{label, std::string(name)}},
                      all.sum([&](const auto& local) -> const metrics::Counter& { return (local.*counters)[i]; })});
  }
}

} // namespace nvrhub::api
