#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "store/error.hpp"

namespace nvrhub::store {

/// Takes back the meta page of a commit that was reported as failed. LMDB writes it last, and when that fails it puts
/// back the older number of transaction, but not the trees, and does not sync that; or it can't, and the commit stands.
/// One writer's; touches data.mdb and nothing of LMDB's, so it can be used while the environment is closed.
class MetaKeeper {
public:
  explicit MetaKeeper(const std::filesystem::path& directory) : file_(directory / "data.mdb") {}

  /// Before transaction `txn` is committed: keeps what its meta page says until then. `data` is open on data.mdb.
  void keep(int data, std::size_t txn, std::size_t page_bytes);
  /// Writes that back. It is not synced: whoever writes on must do that first, and call this again before each try, for
  /// a sync that failed may have lost it.
  Result<void> take_back();

private:
  std::filesystem::path file_;
  std::string kept_; // empty: could not be read
  std::size_t offset_ = 0;
};

} // namespace nvrhub::store
