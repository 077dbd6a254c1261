#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "metrics/actor_counters.hpp"
#include "metrics/per_thread.hpp"

namespace nvrhub::metrics {

inline constexpr std::array<std::uint64_t, 13> skew_ms{50,     100,    250,    500,     1'000,     2'500,     5'000,
                                                       10'000, 30'000, 60'000, 300'000, 3'600'000, 86'400'000};

/// The statuses that are counted one by one; all others count as the last.
inline constexpr std::array http_statuses{200, 201, 204, 304, 400, 401, 403, 404, 405,
                                          406, 409, 410, 413, 429, 431, 500, 503, 0};
inline constexpr std::size_t max_routes = 48;

inline constexpr std::array close_codes{1001, 1007, 1009, 1013, 4400, 4401, 4403, 4408, 4409, 4429};

/// The index of a code in one of these lists; the last index for all codes that are not in it.
template <std::size_t N>
constexpr std::size_t index_in(const std::array<int, N>& codes, int code) {
  std::size_t index = 0;
  while (index + 1 < N && codes[index] != code)
    ++index;
  return index;
}

struct RouteCounters {
  std::array<Counter, http_statuses.size()> answers;
  Histogram<latency_us> us; // from the last byte of the request to its answer

  void count(int status, std::uint64_t took_us) {
    answers[index_in(http_statuses, status)].add();
    us.observe(took_us);
  }
};

/// What connections count for /metrics (docs/reference/metrics.md). Count with `counters.local().accepted.add()`.
struct NetCounters {
  Counter accepted;
  Counter refused;                  // because of --max-connections, --max-handshakes or --connection-rate
  Counter proxy_headers_unreadable; // --proxy-header
  Counter accept_pauses;
  std::array<Counter, close_codes.size()> closes; // initiated by the server
  Counter outbound_bytes;                         // a level: bytes in send queues
  Counter sent_bytes;                             // over WebSockets

  // NVR sockets
  Counter nvr_sessions; // a level: authenticated
  Counter auths;
  Counter auths_unauthorized;
  Counter heartbeats;
  std::array<Counter, 16> refused_messages; // by protocol::ErrorCode
  Counter received_bytes;
  Histogram<skew_ms> clock_skew_ms; // |a heartbeat's timestamp - the server's clock|

  // Dashboard sockets
  Counter subscriptions;    // a level
  Counter dashboard_chunks; // handed to dashboard sockets; a chunk is one message or several
  Counter dashboard_bytes;
  Counter dashboards_too_slow; // closed with 4429

  // HTTP, by route as in api/router.cpp; 0: no route
  std::array<RouteCounters, max_routes> routes;
};

} // namespace nvrhub::metrics
