#pragma once

#include <array>
#include <functional>

#include "store/lmdb_env.hpp"

namespace nvrhub::store {

/// A transaction of either kind, with one cursor per table that is opened when it is first needed.
class LmdbTxn {
public:
  /// `ended` is called once, after the transaction is gone.
  static Result<LmdbTxn> begin(const LmdbEnv& env, const std::filesystem::path& path, unsigned flags,
                               std::function<void()> ended);
  ~LmdbTxn() { end(); }
  LmdbTxn(LmdbTxn&& other) noexcept;
  LmdbTxn& operator=(LmdbTxn&&) = delete;

  Result<std::optional<std::string_view>> get(Table table, std::string_view key);
  Result<std::optional<Entry>> lower_bound(Table table, std::string_view key);
  Result<std::optional<Entry>> before(Table table, std::string_view key);
  Result<void> put(Table table, std::string_view key, std::string_view value, unsigned flags);
  Result<void> erase(Table table, std::string_view key);
  std::size_t id() const { return mdb_txn_id(txn_); }
  /// The transaction is over afterwards, whatever it returns.
  Result<void> commit();

private:
  struct Cursor {
    MDB_cursor* handle = nullptr;
    std::optional<Entry> at; // where it stands, so that a scan steps instead of searching
  };

  LmdbTxn() = default;
  void close_cursors();
  void end();
  Error failed(int code, std::string_view doing) const { return lmdb_error(code, doing, *path_); }
  Result<Cursor*> cursor(Table table);
  /// Moves the cursor; nothing if there is no entry there.
  Result<std::optional<Entry>> move(Table table, Cursor& cursor, MDB_cursor_op op, std::string_view key = {});

  const LmdbEnv* env_ = nullptr;
  const std::filesystem::path* path_ = nullptr;
  MDB_txn* txn_ = nullptr;
  std::function<void()> ended_;
  std::array<Cursor, table_count> cursors_;
};

} // namespace nvrhub::store
