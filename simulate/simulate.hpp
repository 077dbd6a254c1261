#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "client/http_client.hpp"

namespace nvrhub::simulate {

/// Options of `nvrhub simulate`: a fleet of NVRs that follows the client in seed.md, and dashboards that watch it.
struct Options {
  client::Server server;                ///< its token is used for auth, dashboards and import and must permit all three
  std::vector<client::Server> failover; ///< other servers of its cluster, for NVRs whose connection has ended
  std::uint32_t nvrs = 100;
  std::uint32_t cameras = 32;                 ///< per NVR
  std::chrono::milliseconds interval{30'000}; ///< between heartbeats of one NVR
  double change_rate = 0.01;                  ///< share of heartbeats in which at least one camera changes
  double churn = 0.0;                         ///< share of NVRs that drop per minute; each returns after a few seconds
  std::chrono::milliseconds duration{0};      ///< counted from the start of connecting; 0: until SIGINT or SIGTERM
  std::uint64_t seed = 1;                     ///< the same seed makes the same fleet and the same changes
  std::string hostname_prefix = "NVR-";
  bool register_first = false; ///< import the fleet over HTTP before connecting, for a server with `--enroll known`
  unsigned dashboards = 1;     ///< at least 1: the first measures, the others only read
  double connects_per_s = 0;   ///< 0: as fast as possible, with at most 256 handshakes in flight
  bool flat_out = false;       ///< each NVR sends the next heartbeat when the last one is answered; no interval
  unsigned threads = 1;        ///< for the NVRs; the dashboards have one of their own
  bool json = false;           ///< print the report as one JSON object instead of a table
};

/// Runs the simulation until `duration` is over or SIGINT or SIGTERM arrives. Prints the report to stdout, progress and
/// warnings to stderr. Handles both signals while it runs, raises the limit of open files, ignores SIGPIPE.
///
/// Returns 0 on success; 1 if it could not run, an acknowledged change never reached the dashboard, a report on an open
/// socket stayed unanswered, or an NVR was never authenticated before `duration` ended.
int run_simulation(const Options& options);

} // namespace nvrhub::simulate
