#pragma once

#include <cstdint>
#include <filesystem>

#include "store/store.hpp"

namespace nvrhub::store {

struct BackupReport {
  std::filesystem::path path; // of the copy, absolute
  Epoch epoch;                // of the original: a server that is started on the copy begins a new one
  fleet::Seq head = 0;        // seq of the last event that the copy has
  std::uint64_t bytes = 0;    // of its files
};

/// Copies a data directory to `to`, as it is at one instant, while a server runs on it or not: data.mdb, compacted, and
/// tokens.json if there is one. The copy is checked as `check` does (store/check.hpp) before it gets its name, so `to`
/// is a whole, clean and durable copy afterwards, or as it was. Needs as much room as the records take.
///
/// Errc::taken if `to` holds something, Errc::corrupt if the original is damaged or not clean, Errc::schema if another
/// version wrote it. Forks: call it before any thread is started, and not in the process that serves the directory.
Result<BackupReport> back_up(const std::filesystem::path& data, const std::filesystem::path& to);

/// The same to a new directory in `folder`, which is made if it is missing: 20260131T235959.999Z-<seq>. One at a time:
/// Errc::locked.
Result<BackupReport> back_up_within(const std::filesystem::path& data, const std::filesystem::path& folder);

} // namespace nvrhub::store
