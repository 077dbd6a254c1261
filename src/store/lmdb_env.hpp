#pragma once

#include <lmdb.h>

#include <array>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "store/lmdb_backend.hpp"
#include "store/mapping.hpp"
#include "store/try.hpp"

namespace nvrhub::store {

/// An open LMDB environment and its tables. A process may have a file open once only: LMDB's POSIX locks are lost when
/// any descriptor of lock.mdb is closed.
class LmdbEnv {
public:
  static Result<std::unique_ptr<LmdbEnv>> open(const LmdbOptions& options);
  ~LmdbEnv() { mdb_env_close(env_); }
  LmdbEnv(const LmdbEnv&) = delete;
  LmdbEnv& operator=(const LmdbEnv&) = delete;

  MDB_env* get() const { return env_; }
  /// Nothing: a read-only environment that has no such table (yet), which reads as an empty one.
  const std::optional<MDB_dbi>& table(Table table) const { return tables_[static_cast<std::size_t>(table)]; }

  std::size_t page_bytes() const;
  /// LMDB's own descriptor of data.mdb.
  int data_file() const;
  /// Makes all that was written durable.
  Result<void> sync() const;
  /// Gives the memory back that pages looked at took (mapping.hpp).
  void let_go_of_pages() const { let_go(mapping_); }

private:
  explicit LmdbEnv(MDB_env* env) : env_(env) {}
  Result<void> open_tables(const LmdbOptions& options);

  MDB_env* env_;
  std::filesystem::path path_;
  std::span<std::byte> mapping_;
  std::array<std::optional<MDB_dbi>, table_count> tables_;
};

/// What LMDB's return code means for the caller. `doing` completes "could not ...".
Error lmdb_error(int code, std::string_view doing, const std::filesystem::path& path);

} // namespace nvrhub::store
