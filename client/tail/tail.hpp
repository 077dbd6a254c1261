#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/http_client.hpp"

namespace nvrhub::client {

/// Options of `nvrhub tail`.
struct TailOptions {
  Server server;
  std::vector<std::string> hostnames; // these and those below: empty: all
  std::vector<std::string> sites;     // "": NVRs without a site
  std::vector<std::string> cameras;   // shell patterns
  std::optional<std::uint64_t> since; // nothing: only what happens from now on
  bool alerts = false;                // also their changes
  bool json = false;                  // the events as the server sends them, one per line
};

/// Prints the events of a server to stdout, as a dashboard that subscribes (docs/reference/protocol.md, "Subscribing"),
/// until SIGINT, SIGTERM or the end of stdout's reader. Reconnects and continues after the last printed batch. Messages
/// about the connection go to stderr. Handles both signals.
///
/// Returns 0 when it was stopped; 1 if it cannot go on: no connection, no access, or stdout cannot be written.
int run_tail(const TailOptions& options);

} // namespace nvrhub::client
