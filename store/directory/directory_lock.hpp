#pragma once

#include <filesystem>

#include "store/lmdb/lmdb_backend.hpp"

namespace nvrhub::store {

inline constexpr const char* lock_file_name = "nvrhub.lock";

/// Locks a directory for one process: returns the descriptor that holds the lock, or Errc::locked. Released by
/// unlock_directory() and by the end of the process.
Result<int> lock_directory(const std::filesystem::path& path);
void unlock_directory(int lock);

/// Locks data.mdb too, so that two directories that share it by hard links have one server. Replaces the lock of an
/// earlier call, whose descriptor `lock` holds (-1: none). No effect if the file is missing.
Result<void> lock_data_file(const std::filesystem::path& path, int& lock);
void unlock_data_file(int lock);

/// Writes this process's id to the lock file, for the error message of a second server.
void write_lock_holder(int lock);

bool is_server_running(const std::filesystem::path& path);

/// How to read a directory: registered in lock.mdb while a server is running, otherwise only from data.mdb. (A server
/// that is started during the latter may overwrite pages that are being read; the checksums detect that.) Errc::locked
/// if this process has locked the directory: a process may open an LMDB file only once.
Result<LmdbMode> read_mode(const std::filesystem::path& path);

} // namespace nvrhub::store
