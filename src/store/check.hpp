#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "store/store.hpp"

namespace nvrhub::store {

struct CheckReport {
  Epoch epoch;
  fleet::Seq log_begin = 0;
  fleet::Seq head = 0;
  std::uint64_t nvrs = 0;
  std::uint64_t cameras = 0;
  std::vector<std::string> problems; // at most 100, each one line; empty: clean
};

/// Verifies a whole store: checksums, the log gap-free with times that never go back, hostnames, per-NVR index,
/// counters, checkpoints, samples, runs, and the state equal to the base state with the log replayed
/// (fleet/replay.hpp). Reads one snapshot, so a server may be writing.
CheckReport check(const Snapshot& snapshot);

/// The same for a directory, walked in a child process: a damaged file can fault whoever walks it, and that is a
/// finding, not a crash. Call it before any thread is started.
Result<CheckReport> check_directory(const std::filesystem::path& path);

} // namespace nvrhub::store
