#pragma once

#include <functional>
#include <vector>

#include "store/lmdb/lmdb_env.hpp"

namespace nvrhub::store {

/// A read or write transaction with one cursor per table, opened on first use.
class LmdbTxn {
public:
  /// `on_end` is called once, after the transaction has ended.
  static Result<LmdbTxn> begin(const LmdbEnv& env, const std::filesystem::path& path, unsigned flags,
                               std::function<void()> on_end);
  ~LmdbTxn() { end(); }
  LmdbTxn(LmdbTxn&& other) noexcept;
  LmdbTxn& operator=(LmdbTxn&&) = delete;

  Result<std::optional<std::string_view>> get(Table table, std::string_view key);
  Result<std::optional<Row>> lower_bound(Table table, std::string_view key);
  Result<std::optional<Row>> before(Table table, std::string_view key);
  Result<void> put(Table table, std::string_view key, std::string_view value, unsigned flags);
  Result<void> erase(Table table, std::string_view key);
  std::size_t id() const { return mdb_txn_id(txn_); }
  /// Ends the transaction, also if it fails.
  Result<void> commit();

private:
  struct Cursor {
    Table table;
    MDB_cursor* handle = nullptr;
    std::optional<Row> at; // its position: a scan steps from here instead of searching
  };

  LmdbTxn() = default;
  void close_cursors();
  void end();
  Error error(int code, std::string_view operation) const { return lmdb_error(code, operation, *path_); }
  /// Valid until another table's first use.
  Result<Cursor*> cursor(Table table);
  /// nullopt: there is no such row.
  Result<std::optional<Row>> move(Cursor& cursor, MDB_cursor_op op, std::string_view key = {});

  const LmdbEnv* env_ = nullptr;
  const std::filesystem::path* path_ = nullptr;
  MDB_txn* txn_ = nullptr;
  std::function<void()> on_end_;
  std::vector<Cursor> cursors_;       // a transaction uses few tables
  std::optional<Table> last_written_; // by put()
};

} // namespace nvrhub::store
