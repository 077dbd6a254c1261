#pragma once

#include <memory>
#include <string_view>

#include "store/lmdb_backend.hpp"

namespace nvrhub::store {

/// Fills the tables of a new data.mdb, in slices that are durable one by one. What it makes is whole only after
/// finish(): whoever uses it writes into a place of its own and renames then.
class BulkWriter {
public:
  /// `options.path` is an empty directory.
  static Result<BulkWriter> open(const LmdbOptions& options);

  /// `key` must be above all others of the table so far.
  Result<void> append(Table table, std::string_view key, std::string_view value);
  Result<void> finish();

private:
  explicit BulkWriter(std::unique_ptr<Backend> backend) : backend_(std::move(backend)) {}

  std::unique_ptr<Backend> backend_;
  std::unique_ptr<WriteTxn> txn_; // null: between two slices
  std::size_t bytes_ = 0;         // in the slice
};

/// Appends what `from` has in a table.
Result<void> copy_table(ReadTxn& from, Table table, BulkWriter& to);

} // namespace nvrhub::store
