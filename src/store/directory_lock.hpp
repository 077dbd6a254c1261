#pragma once

#include <filesystem>

#include "store/lmdb_backend.hpp"

namespace nvrhub::store {

inline constexpr const char* lock_file_name = "nvrhub.lock";

/// Takes a directory for one server: returns a descriptor that holds it, or Errc::locked.
Result<int> lock_directory(const std::filesystem::path& path);
void unlock_directory(int lock);

/// Leaves this process's id in the lock file, for the message that the next server gets.
void name_lock_holder(int lock);

bool is_server_running(const std::filesystem::path& path);

/// How to read without writing: beside a running server as one of its readers, otherwise from data.mdb alone. (A server
/// that starts during the latter may reuse pages that are being read: their checksums tell.) Errc::locked if this very
/// process serves it, since a process may have an LMDB file open only once.
Result<LmdbMode> reading_mode(const std::filesystem::path& path);

} // namespace nvrhub::store
