#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "store/error.hpp"

namespace nvrhub::store {

/// Rolls back the meta page of a commit that was reported as failed. LMDB writes the meta page last. If that write
/// fails, LMDB restores the older transaction number, but not the trees, and does not sync it; if it cannot restore it,
/// the commit stands. Uses only data.mdb, not LMDB, so it works while the environment is closed.
///
/// THREADS: the writing thread.
class MetaPageBackup {
public:
  explicit MetaPageBackup(const std::filesystem::path& directory) : file_(directory / "data.mdb") {}

  /// Call before transaction `txn` is committed: saves the meta page that it will overwrite. `data` is open on
  /// data.mdb.
  void save(int data, std::size_t txn, std::size_t page_bytes);
  /// Writes the saved meta page back, without a sync. Before the next write the caller must sync, and must call
  /// restore() again before each retry: a failed sync may have lost the write.
  Result<void> restore();

private:
  std::filesystem::path file_;
  std::string saved_; // empty: nothing saved
  std::size_t offset_ = 0;
};

} // namespace nvrhub::store
