#include "store/lmdb/lmdb_txn.hpp"

#include <algorithm>
#include <utility>

#include "store/records/codec.hpp"

namespace nvrhub::store {

namespace {

MDB_val val(std::string_view view) {
  return {view.size(), const_cast<char*>(view.data())};
}
std::string_view view(const MDB_val& value) {
  return {static_cast<const char*>(value.mv_data), value.mv_size};
}

} // namespace

Result<LmdbTxn> LmdbTxn::begin(const LmdbEnv& env, const std::filesystem::path& path, unsigned flags,
                               std::function<void()> on_end) {
  LmdbTxn txn;
  txn.env_ = &env;
  txn.path_ = &path;
  txn.on_end_ = std::move(on_end);
  if (const int rc = env.begin(flags, &txn.txn_)) {
    txn.txn_ = nullptr;
    return tl::make_unexpected(
        txn.error(rc, (flags & MDB_RDONLY) != 0 ? "begin a read transaction" : "begin a write transaction"));
  }
  return txn;
}

LmdbTxn::LmdbTxn(LmdbTxn&& other) noexcept
    : env_(other.env_), path_(other.path_), txn_(std::exchange(other.txn_, nullptr)),
      on_end_(std::exchange(other.on_end_, nullptr)), cursors_(std::exchange(other.cursors_, {})),
      last_written_(other.last_written_) {}

void LmdbTxn::close_cursors() {
  for (const Cursor& cursor : cursors_)
    mdb_cursor_close(cursor.handle);
  cursors_.clear();
}

void LmdbTxn::end() {
  close_cursors();
  if (txn_ != nullptr) mdb_txn_abort(std::exchange(txn_, nullptr));
  if (on_end_) std::exchange(on_end_, nullptr)();
}

Result<std::optional<std::string_view>> LmdbTxn::get(Table table, std::string_view key) {
  const auto& dbi = env_->table(table);
  if (!dbi) return std::nullopt;
  MDB_val k = val(key);
  MDB_val v{};
  const int rc = mdb_get(txn_, *dbi, &k, &v);
  if (rc == MDB_NOTFOUND) return std::nullopt;
  if (rc != 0) return tl::make_unexpected(error(rc, "read " + describe(table, key)));
  return view(v);
}

Result<LmdbTxn::Cursor*> LmdbTxn::cursor(Table table) {
  const auto open =
      std::find_if(cursors_.begin(), cursors_.end(), [table](const Cursor& one) { return one.table == table; });
  if (open != cursors_.end()) return &*open;
  MDB_cursor* handle = nullptr;
  if (const int rc = mdb_cursor_open(txn_, *env_->table(table), &handle)) {
    return tl::make_unexpected(error(rc, "scan a table"));
  }
  return &cursors_.emplace_back(Cursor{table, handle, std::nullopt});
}

Result<std::optional<Row>> LmdbTxn::move(Cursor& cursor, MDB_cursor_op op, std::string_view key) {
  MDB_val k = val(key);
  MDB_val v{};
  cursor.at.reset();
  const int rc = mdb_cursor_get(cursor.handle, &k, &v, op);
  if (rc == MDB_NOTFOUND) return std::nullopt;
  if (rc != 0) return tl::make_unexpected(error(rc, "scan from " + describe(cursor.table, key)));
  const Row row{view(k), view(v)};
  cursor.at = row;
  return row;
}

Result<std::optional<Row>> LmdbTxn::lower_bound(Table table, std::string_view key) {
  if (!env_->table(table)) return std::nullopt;
  NVRHUB_LET(cursor, this->cursor(table));
  if (cursor->at && cursor->at->first < key) {
    NVRHUB_LET(next, move(*cursor, MDB_NEXT));
    if (!next || next->first >= key) return next;
  }
  NVRHUB_LET(found, key.empty() ? move(*cursor, MDB_FIRST) : move(*cursor, MDB_SET_RANGE, key));
  if (found && found->first < key) {
    // Damaged pages: a scan that continued here might never end.
    return fail(Errc::corrupt, describe(table, found->first) + " is out of order in " + path_->string());
  }
  return found;
}

Result<std::optional<Row>> LmdbTxn::before(Table table, std::string_view key) {
  if (!env_->table(table)) return std::nullopt;
  NVRHUB_LET(cursor, this->cursor(table));
  std::optional<Row> at; // the first row with a key >= `key`
  if (cursor->at && cursor->at->first == key) {
    at = cursor->at;
  } else if (!key.empty()) {
    NVRHUB_LET(found, move(*cursor, MDB_SET_RANGE, key));
    at = found;
  }
  NVRHUB_LET(found, move(*cursor, at ? MDB_PREV : MDB_LAST));
  if (found && !key.empty() && found->first >= key) {
    return fail(Errc::corrupt, describe(table, found->first) + " is out of order in " + path_->string());
  }
  return found;
}

Result<void> LmdbTxn::put(Table table, std::string_view key, std::string_view value, unsigned flags) {
  for (Cursor& cursor : cursors_)
    cursor.at.reset();
  MDB_val k = val(key);
  MDB_val v = val(value);
  int rc = 0;
  if (std::exchange(last_written_, table) == table) { // probably near the last one, where its cursor still is
    NVRHUB_LET(cursor, this->cursor(table));
    rc = mdb_cursor_put(cursor->handle, &k, &v, flags);
  } else {
    rc = mdb_put(txn_, *env_->table(table), &k, &v, flags);
  }
  if (rc != 0) return tl::make_unexpected(error(rc, "write " + describe(table, key)));
  return {};
}

Result<void> LmdbTxn::erase(Table table, std::string_view key) {
  for (Cursor& cursor : cursors_)
    cursor.at.reset();
  MDB_val k = val(key);
  const int rc = mdb_del(txn_, *env_->table(table), &k, nullptr);
  if (rc != 0 && rc != MDB_NOTFOUND) return tl::make_unexpected(error(rc, "erase " + describe(table, key)));
  return {};
}

Result<void> LmdbTxn::commit() {
  close_cursors();
  if (txn_ == nullptr) return fail(Errc::io, "the transaction has already ended");
  const int rc = mdb_txn_commit(std::exchange(txn_, nullptr));
  end();
  if (rc != 0) return tl::make_unexpected(error(rc, "commit"));
  return {};
}

} // namespace nvrhub::store
