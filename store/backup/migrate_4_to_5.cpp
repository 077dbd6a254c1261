// Schema 5 adds to every NVR its version, which counts from 1; the base state has none.
#include <string>

#include "store/backup/bulk_writer.hpp"
#include "store/backup/migrate.hpp"
#include "store/backup/old_records.hpp"
#include "store/records/tables.hpp"

namespace nvrhub::store {

namespace {

Result<void> write_versions(ReadTxn& from, Table table, fleet::NvrVersion version, BulkWriter& to) {
  std::string bytes;
  return each_row(from, table, {}, [&](std::string_view key, std::string_view value) -> Result<bool> {
    NVRHUB_LET(record, old::decode_nvr_v4(table, key, value));
    record.version = version;
    encode(table, key, record, bytes);
    NVRHUB_TRY(to.append(table, key, bytes));
    return true;
  });
}

} // namespace

Result<void> migrate_4_to_5(ReadTxn& from, BulkWriter& to) {
  NVRHUB_TRY(write_versions(from, Table::nvrs, 1, to));
  NVRHUB_TRY(write_versions(from, Table::base_nvrs, 0, to));
  NVRHUB_TRY(copy_meta(from, 5, to));
  for (const Table table : {Table::cameras, Table::hostnames, Table::seen, Table::events, Table::nvr_events,
                            Table::base_cameras, Table::runs, Table::samples, Table::former_names, Table::alerts}) {
    NVRHUB_TRY(copy_table(from, table, to));
  }
  return {};
}

} // namespace nvrhub::store
