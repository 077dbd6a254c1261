#include "store/backup/bulk_writer.hpp"

#include <utility>

#include "store/records/tables.hpp"

namespace nvrhub::store {

namespace {

constexpr std::size_t max_txn_bytes = std::size_t{16} << 20;

} // namespace

Result<BulkWriter> BulkWriter::open(const LmdbOptions& options) {
  NVRHUB_LET(backend, open_lmdb(options));
  return BulkWriter(std::move(backend));
}

Result<void> BulkWriter::append(Table table, std::string_view key, std::string_view value) {
  if (!txn_) {
    NVRHUB_LET(txn, backend_->begin_write());
    txn_ = std::move(txn);
    bytes_ = 0;
  }
  NVRHUB_TRY(txn_->append(table, key, value));
  bytes_ += key.size() + value.size();
  return bytes_ < max_txn_bytes ? Result<void>{} : finish();
}

Result<void> BulkWriter::finish() {
  if (!txn_) return {};
  return std::exchange(txn_, nullptr)->commit();
}

Result<void> copy_table(ReadTxn& from, Table table, BulkWriter& to) {
  return each_row(from, table, {}, [&](std::string_view key, std::string_view value) -> Result<bool> {
    NVRHUB_TRY(to.append(table, key, value));
    return true;
  });
}

Result<void> copy_meta(ReadTxn& from, std::uint32_t schema, BulkWriter& to) {
  return each_row(from, Table::meta, {}, [&](std::string_view key, std::string_view value) -> Result<bool> {
    if (meta::identifies_directory(key)) return true;
    if (key != meta::schema) {
      NVRHUB_TRY(to.append(Table::meta, key, value));
      return true;
    }
    std::string bytes;
    encode(Table::meta, key, SchemaRecord{schema}, bytes);
    NVRHUB_TRY(to.append(Table::meta, key, bytes));
    return true;
  });
}

} // namespace nvrhub::store
