#pragma once

#include <memory>
#include <string_view>

#include "store/lmdb/lmdb_backend.hpp"

namespace nvrhub::store {

/// Writes the tables of a new data.mdb in transactions of about 16 MiB, because LMDB keeps the changes of a transaction
/// in memory. The file is complete only after finish(): write into a StagingDirectory and rename.
class BulkWriter {
public:
  /// REQUIRES: `options.path` is an empty directory.
  static Result<BulkWriter> open(const LmdbOptions& options);

  /// REQUIRES: `key` is greater than all keys of the table.
  Result<void> append(Table table, std::string_view key, std::string_view value);
  Result<void> finish();

private:
  explicit BulkWriter(std::unique_ptr<Backend> backend) : backend_(std::move(backend)) {}

  std::unique_ptr<Backend> backend_;
  std::unique_ptr<WriteTxn> txn_; // null: between two transactions
  std::size_t bytes_ = 0;         // written in txn_
};

/// Appends table meta without what identifies the directory, as of the given schema.
Result<void> copy_meta(ReadTxn& from, std::uint32_t schema, BulkWriter& to);

/// Appends all rows of a table.
Result<void> copy_table(ReadTxn& from, Table table, BulkWriter& to);

} // namespace nvrhub::store
