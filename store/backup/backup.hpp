#pragma once

#include <cstdint>
#include <filesystem>

#include "store/store.hpp"

namespace nvrhub::store {

/// The result of a backup.
struct BackupReport {
  std::filesystem::path path; // absolute path of the copy
  Epoch epoch;                // of the original; a server that is started on the copy begins a new epoch
  fleet::Seq head = 0;        // seq of the last event in the copy
  std::uint64_t bytes = 0;    // total size of the copy's files
};

/// Copies a data directory to `to` as of one instant, whether a server is running or not: data.mdb, compacted, and
/// tokens.json if it exists. The copy is checked (integrity/check.hpp) before it is renamed to `to`: afterwards `to` is
/// a complete, clean and durable copy, or unchanged. Needs as much disk space as the records.
///
/// REQUIRES: the process has only one thread (fork) and does not serve the directory itself.
/// ERRORS: Errc::taken: `to` exists and is not an empty directory; Errc::corrupt: the original is damaged or not clean;
/// Errc::schema: another version wrote it; Errc::permission, Errc::io.
Result<BackupReport> back_up(const std::filesystem::path& data, const std::filesystem::path& to);

/// The same to a new directory `folder`/20260131T235959.999Z-<seq>. Creates `folder` if it is missing. Errc::locked:
/// another backup into `folder` is running.
Result<BackupReport> back_up_into(const std::filesystem::path& data, const std::filesystem::path& folder);

} // namespace nvrhub::store
