#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "store/store.hpp"

namespace nvrhub::store {

struct DirectoryOptions {
  std::size_t map_bytes = std::size_t{64} << 30;  // address space, not disk: LMDB can't grow it under readers
  std::function<void(const std::string&)> tell{}; // for the log: a line when an upgrade begins and when it is done
};

/// A data directory on disk: data.mdb behind a Store, and the lock that keeps a second server out.
/// Throws nothing; every Error's message names the directory.
class Directory {
public:
  /// For the server: makes the directory if it is missing (mode 0750), takes the lock (Errc::locked), looks the file
  /// over without writing (Errc::corrupt: meta pages, records; Errc::schema; Errc::permission), and opens it. A file
  /// of an older schema is upgraded (store/migrate.hpp). A file that is a copy of another (restored) starts a new
  /// epoch. On any error the directory is as it was.
  static Result<std::unique_ptr<Directory>> open(const std::filesystem::path& path,
                                                 const DirectoryOptions& options = {});

  /// For `check` and `export`: opens read-only, while a server runs or not; creates and writes nothing.
  static Result<std::unique_ptr<Directory>> open_read_only(const std::filesystem::path& path,
                                                           const DirectoryOptions& options = {});
  ~Directory();

  Store& store() { return *store_; }

private:
  Directory() = default;

  int lock_fd_ = -1;
  std::unique_ptr<Store> store_;
};

} // namespace nvrhub::store
