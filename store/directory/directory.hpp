#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "store/store.hpp"

namespace nvrhub::store {

struct DirectoryOptions {
  std::size_t map_bytes = std::size_t{64} << 30;          // address space, not disk; LMDB cannot grow it under readers
  std::function<void(const std::string&)> on_progress{};  // receives a log line when an upgrade begins and ends
  std::function<void(const std::string&)> on_new_epoch{}; // receives why the directory may be a copy
  /// A copy of a node's data keeps the epoch of its cluster: it continues the same sequence, by the replicated log.
  /// REQUIRES, for data of a cluster: nothing writes them but Store::apply of entries of that log.
  bool keep_epoch_of_cluster = false;
  /// Not empty: a new epoch begins, and the data leave their cluster, for this reason.
  std::string new_epoch{};
};

/// A data directory on disk: data.mdb as a Store, and the lock that keeps a second server out.
///
/// ERRORS: returned, not thrown; every message names the directory. OWNERSHIP: owns the Store and the lock.
class Directory {
public:
  /// For the server: creates the directory if it is missing (mode 0750), locks it (Errc::locked), verifies the file
  /// without writing (Errc::corrupt, Errc::schema, Errc::permission) and opens it. A file of an older schema is
  /// upgraded (backup/migrate.hpp). A copy (a restored file) starts a new epoch and leaves its cluster, unless the
  /// options keep it. On an error the directory is unchanged. REQUIRES: the process has only one thread (the
  /// verification forks).
  static Result<std::unique_ptr<Directory>> open(const std::filesystem::path& path,
                                                 const DirectoryOptions& options = {});

  /// For `check` and `export`: opens read-only, whether a server is running or not. Creates and writes nothing.
  static Result<std::unique_ptr<Directory>> open_read_only(const std::filesystem::path& path,
                                                           const DirectoryOptions& options = {});
  ~Directory();

  Store& store() { return *store_; }

private:
  Directory() = default;

  std::filesystem::path path_;
  int lock_fd_ = -1;
  int data_lock_fd_ = -1;
  std::unique_ptr<Store> store_;
  Backend* backend_ = nullptr; // the store's, if this directory is open for writing
};

} // namespace nvrhub::store
