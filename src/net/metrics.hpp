#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "net/exposition.hpp"
#include "net/services.hpp"

// The parts of GET /metrics: metrics.cpp has the fleet, the actors and the store, metrics_net.cpp the rest.

namespace nvrhub::net {

using ActorCounters = actors::Counters;

inline constexpr double us_per_second = 1e6;
inline constexpr double ms_per_second = 1e3;

void add_connections(Exposition& out, Services& services);
void add_nvr_sockets(Exposition& out, Services& services);
void add_dashboards(Exposition& out, Services& services);
void add_http(Exposition& out, Services& services);
void add_process(Exposition& out, Services& services);

/// One value for each name of an enumeration that has a to_string, which says "?" to what it does not know.
template <class Enum, class Tallies, class Cells>
std::vector<Exposition::Value> by_name(const char* label, const Tallies& tallies, Cells cells) {
  std::vector<Exposition::Value> values;
  for (std::size_t i = 0;; ++i) {
    const std::string_view name = to_string(static_cast<Enum>(i));
    if (name == "?") return values;
    values.push_back({{{label, std::string(name)}},
                      tallies.sum([&](const auto& counters) -> const Cell& { return (counters.*cells)[i]; })});
  }
}

} // namespace nvrhub::net
