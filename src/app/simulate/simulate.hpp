#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace nvrhub::app {

/// What `nvrhub simulate` runs: a fleet of NVRs that behaves as the seed's client does, and dashboards that watch it.
struct SimulateOptions {
  std::string server = "127.0.0.1:8080"; ///< host:port, or ws://host:port[/path] (the path of the NVR sockets: /ws)
  std::uint32_t nvrs = 100;
  std::uint32_t cameras = 32;                 ///< per NVR
  std::chrono::milliseconds interval{30'000}; ///< between heartbeats of one NVR
  double change_rate = 0.01;                  ///< share of heartbeats in which at least one camera changes
  double churn = 0.0;                         ///< share of NVRs that drop per minute; each returns after a few seconds
  std::chrono::milliseconds duration{0};      ///< counted from the start of connecting; 0: until SIGINT or SIGTERM
  std::uint64_t seed = 1;                     ///< the same seed makes the same fleet and the same changes
  std::string hostname_prefix = "NVR-";
  std::string token;           ///< sent with auth, by the dashboards and with the import, so it must allow all three
  bool register_first = false; ///< import the fleet over HTTP before connecting, for a server with `--enroll known`
  unsigned dashboards = 1;     ///< at least 1: the first measures, the others only read
  double connects_per_s = 0;   ///< 0: as fast as it goes, with at most 256 handshakes in flight
  bool flat_out = false;       ///< each NVR sends its next heartbeat when the last one is answered; no interval
  unsigned threads = 1;        ///< of the NVRs; the dashboards have one more to themselves
  bool json = false;           ///< print the closing report as one JSON object instead of a table
};

/// Runs the simulation; blocks until `duration` is over or SIGINT or SIGTERM comes. The report goes to stdout, progress
/// and warnings to stderr. Takes over both signals meanwhile, raises the limit of open files, ignores SIGPIPE.
///
/// Returns 0 when it ran and the server kept its word; 1 when it could not run, when an acked change never reached the
/// dashboard, when a report on an open socket stayed unanswered, or when some NVR never got in before `duration` ended.
int simulate(const SimulateOptions& options);

} // namespace nvrhub::app
