#pragma once

#include <lmdb.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>

#include "store/lmdb/lmdb_backend.hpp"
#include "store/lmdb/mapping.hpp"
#include "store/try.hpp"

namespace nvrhub::store {

/// An open LMDB environment and its tables.
///
/// REQUIRES: the process opens a file only once. Closing any descriptor of lock.mdb releases LMDB's POSIX locks.
class LmdbEnv {
public:
  static Result<std::unique_ptr<LmdbEnv>> open(const LmdbOptions& options);
  ~LmdbEnv() { mdb_env_close(env_); }
  LmdbEnv(const LmdbEnv&) = delete;
  LmdbEnv& operator=(const LmdbEnv&) = delete;

  MDB_env* get() const { return env_; }

  /// mdb_txn_begin() without a parent, and its return code; a reader sees no commit but those that were complete when
  /// it began, or later ones as a whole. When all reader slots are taken, it first frees those of dead processes, and
  /// tries again.
  int begin(unsigned flags, MDB_txn** txn) const;
  /// Frees the reader slots of processes that have died (a killed `check`); they would pin their pages forever.
  /// THREADS: any.
  void free_dead_readers() const;

  /// nullopt: a read-only environment without this table, which reads as an empty one.
  const std::optional<MDB_dbi>& table(Table table) const { return tables_[static_cast<std::size_t>(table)]; }

  std::size_t page_bytes() const;
  /// LMDB's own descriptor of data.mdb.
  int data_file() const;
  /// Makes all writes durable.
  Result<void> sync() const;
  /// Releases the memory of pages that were read (mapping.hpp).
  void release_pages() const { drop_resident_pages(mapping_); }

private:
  int begin_or_full(unsigned flags, MDB_txn** txn) const;
  std::size_t last_txn() const; // that was committed
  explicit LmdbEnv(MDB_env* env) : env_(env) {}
  Result<void> open_tables(const LmdbOptions& options);

  MDB_env* env_;
  std::filesystem::path path_;
  std::span<std::byte> mapping_;
  std::array<std::optional<MDB_dbi>, table_count> tables_;
  mutable std::mutex sweeping_;                           // guards swept_
  mutable std::chrono::steady_clock::time_point swept_{}; // when free_dead_readers() last ran for begin()
};

/// Translates a return code of LMDB. `operation` completes "could not ...".
Error lmdb_error(int code, std::string_view operation, const std::filesystem::path& path);

} // namespace nvrhub::store
