#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "actors/counters.hpp"
#include "actors/tally.hpp"

namespace nvrhub::net {

using actors::Cell;
using actors::Histogram;
using actors::latency_us;

inline constexpr std::array<std::uint64_t, 13> skew_ms{50,     100,    250,    500,     1'000,     2'500,     5'000,
                                                       10'000, 30'000, 60'000, 300'000, 3'600'000, 86'400'000};

/// The statuses that answers have; whatever else there may be counts as the last.
inline constexpr std::array http_statuses{200, 201, 204, 304, 400, 401, 403, 404, 405,
                                          406, 409, 410, 413, 429, 431, 500, 503, 0};
inline constexpr std::size_t max_routes = 48;

inline constexpr std::array close_codes{1001, 1007, 1009, 1013, 4400, 4401, 4403, 4408, 4409, 4429};

/// The place of a code in one of these lists; their last stands for all that are not there.
template <std::size_t N>
constexpr std::size_t index_in(const std::array<int, N>& codes, int code) {
  std::size_t index = 0;
  while (index + 1 < N && codes[index] != code)
    ++index;
  return index;
}

struct RouteCounters {
  std::array<Cell, http_statuses.size()> answers;
  Histogram<latency_us> us; // from the request's last byte to its answer

  void count(int status, std::uint64_t took_us) {
    answers[index_in(http_statuses, status)].add();
    us.observe(took_us);
  }
};

/// What connections count for /metrics (docs/guide/operations.md, "Metrics"). Bump it as
/// `services.counters.mine().accepted.add()`.
struct Counters {
  Cell accepted;
  Cell refused; // over --max-connections
  Cell accept_pauses;
  std::array<Cell, close_codes.size()> closes; // that the server began, not the peer
  Cell outbound_bytes;                         // a level: what waits for sockets to take it
  Cell sent_bytes;                             // over WebSockets

  // NVR sockets
  Cell nvr_sessions; // a level: authenticated
  Cell auths;
  Cell auths_unauthorized;
  Cell heartbeats;
  std::array<Cell, 16> refused_messages; // by protocol::ErrorCode
  Cell received_bytes;
  Histogram<skew_ms> clock_skew_ms; // |a heartbeat's timestamp - the server's clock|

  // Dashboard sockets
  Cell subscriptions;    // a level
  Cell dashboard_chunks; // handed to dashboard sockets: a message or some that go together
  Cell dashboard_bytes;
  Cell dashboards_too_slow; // closed with 4429

  // HTTP, by route as in api.cpp; 0: none of them
  std::array<RouteCounters, max_routes> routes;
};

} // namespace nvrhub::net
