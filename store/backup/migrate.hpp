#pragma once

#include <functional>
#include <string>

#include "store/lmdb/lmdb_backend.hpp"

namespace nvrhub::store {

/// Upgrades a data directory of an older schema to the schema of this program. The new file is written next to the old
/// one, checked (integrity/check.hpp) and renamed into place: a crash or an error before that leaves the old file,
/// which an older nvrhub can use. Afterwards the old file is kept as data.mdb.v1 (v2, ...) until an operator removes
/// it. The epoch does not change. Needs as much additional disk space as the records.
///
/// `on_progress` receives a line at the beginning and at the end.
/// REQUIRES: the caller holds the directory's lock; the process has only one thread (fork).
/// ERRORS: Errc::schema: no upgrade from that schema; Errc::permission: data.mdb.v1 exists; Errc::corrupt, Errc::io.
Result<void> migrate(const LmdbOptions& options, const std::function<void(const std::string&)>& on_progress);

/// Removes the staging directory of an upgrade that was interrupted.
void clean_up_after_migration(const std::filesystem::path& directory);

// ---- the steps: migrate_<from>_to_<to>.cpp ----

class BulkWriter;

/// Copies a store of one schema to the next schema, without meta::identity.
using MigrationStep = Result<void> (*)(ReadTxn& from, BulkWriter& to);

Result<void> migrate_1_to_2(ReadTxn& from, BulkWriter& to);
Result<void> migrate_2_to_3(ReadTxn& from, BulkWriter& to);
Result<void> migrate_3_to_4(ReadTxn& from, BulkWriter& to);
Result<void> migrate_4_to_5(ReadTxn& from, BulkWriter& to);

} // namespace nvrhub::store
