#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>

#include "metrics/net_counters.hpp"

namespace nvrhub::api {

/// What the HTTP API knows of the server's connections: numbers for /metrics and one operation. Implemented by net, so
/// that the API can be built and tested without a socket.
///
/// THREADS: any thread may call any member.
class Connections {
public:
  using Counters = metrics::PerThread<metrics::NetCounters>;
  using LagHistogram = metrics::Histogram<metrics::latency_us>;

  /// The state at the time of the call. The values are read one after the other and may not match each other exactly.
  struct Gauges {
    std::uint64_t connections = 0;             // open
    std::uint64_t connections_limit = 0;       // the effective --max-connections
    std::uint64_t websockets = 0;              // of the open connections
    std::uint64_t dashboards = 0;              // of the WebSockets
    std::uint64_t held_bytes = 0;              // memory that --memory-limit counts
    std::uint64_t shed_connections = 0;        // closed because of --memory-limit, since the start
    std::uint64_t dashboard_waiting_bytes = 0; // shared by dashboards, not yet sent to all of them
    std::uint64_t runnable_actors = 0;         // actors that have unread messages

    // The first end of validity, in seconds since 1970. Nothing without TLS, without --tls-client-ca.
    std::optional<std::int64_t> certificate_expiry{}; // of the server's certificate and its intermediates
    std::optional<std::int64_t> client_ca_expiry{};   // of the authorities of client certificates
  };

  virtual ~Connections() = default;

  virtual Gauges gauges() const = 0;
  virtual const Counters& counters() const = 0;
  /// Calls `visit` with the lag of each I/O thread, in microseconds.
  virtual void each_lag(const std::function<void(const LagHistogram&)>& visit) const = 0;
  /// Closes every NVR socket with 1001 at a random time within `over`, so that the NVRs reconnect one after another.
  virtual void drain(std::chrono::milliseconds over) = 0;
};

} // namespace nvrhub::api
