#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "client/http_client.hpp"
#include "client/nvr/status_sheet.hpp"

namespace nvrhub::client {

/// Options of `nvrhub nvr`.
struct NvrOptions {
  Server server; // its path is that of the NVR sockets; empty: /ws
  std::string hostname;
  std::vector<CameraStatus> cameras; // empty: reports without systemStatus
  std::chrono::milliseconds interval{30'000};
  bool once = false;
  bool reads_stdin = true;
};

/// Plays one NVR by hand: sends auth and heartbeats, prints each answer to stdout, and reports the statuses that it
/// reads from stdin as `NAME=STATUS` lines. Reconnects, as recorders do. Handles SIGINT and SIGTERM, which stop it.
///
/// Returns 0 when it was stopped or, with `once`, when the server has accepted the auth; 1 if the server refuses it or
/// there is no connection to begin with, another socket took over, or stdout cannot be written.
int run_nvr(const NvrOptions& options);

} // namespace nvrhub::client
