// Schema 4 adds table alerts and events of kind alert. No record of schema 3 changes.
#include "store/backup/bulk_writer.hpp"
#include "store/backup/migrate.hpp"
#include "store/try.hpp"

namespace nvrhub::store {

Result<void> migrate_3_to_4(ReadTxn& from, BulkWriter& to) {
  NVRHUB_TRY(copy_meta(from, 4, to));
  for (const Table table :
       {Table::nvrs, Table::cameras, Table::hostnames, Table::seen, Table::events, Table::nvr_events, Table::base_nvrs,
        Table::base_cameras, Table::runs, Table::samples, Table::former_names}) {
    NVRHUB_TRY(copy_table(from, table, to));
  }
  return {};
}

} // namespace nvrhub::store
