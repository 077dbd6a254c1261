#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "store/store.hpp"

namespace nvrhub::store {

/// The result of `nvrhub check`.
struct CheckReport {
  Epoch epoch;
  fleet::Seq log_begin = 0;
  fleet::Seq head = 0;
  std::uint64_t nvrs = 0;
  std::uint64_t cameras = 0;
  std::vector<std::string> problems; // at most 100, one line each; empty: the store is clean
};

/// Verifies a complete store: checksums; a log without gaps and with times that never decrease; hostnames, indexes,
/// counts, checkpoints, samples and runs; links and origins of the replicated log; and that the state equals the base
/// state with the log replayed (fleet/replay.hpp). Reads one snapshot, so a server may be writing.
CheckReport check(const Snapshot& snapshot);

/// The same for a data directory, in a child process (child.hpp): damage that ends the child is reported as a problem.
/// Implemented in check_directory.cpp.
///
/// REQUIRES: the process has only one thread (fork).
/// ERRORS: Errc::permission: no data, or not readable; Errc::schema: another version's; Errc::io.
Result<CheckReport> check_directory(const std::filesystem::path& path);

} // namespace nvrhub::store
