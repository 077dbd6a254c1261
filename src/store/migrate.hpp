#pragma once

#include <functional>
#include <string>

#include "store/lmdb_backend.hpp"

namespace nvrhub::store {

/// Brings a data directory of an older schema, whose lock the caller holds, to this program's. The new file is made
/// beside the old one, checked as `check` does, and takes its name in one rename: a crash or an error on the way leaves
/// the old one, which an older nvrhub can go on with. Afterwards that stays as data.mdb.v1 (v2, ...), until somebody
/// removes it. The epoch is kept. Needs as much room again as the records take.
///
/// `tell` hears a line when it begins and one when it is done. Errc::schema: a newer nvrhub wrote it. Forks: call it
/// before any thread is started.
Result<void> migrate(const LmdbOptions& options, const std::function<void(const std::string&)>& tell);

/// Removes what an upgrade left that was cut off after it was done.
void tidy_after_migration(const std::filesystem::path& directory);

// ---- the steps (migrate_*.cpp), each from one schema to the next ----

class BulkWriter;

/// Writes all of a store of the older schema anew. meta::identity is not a step's business.
using MigrationStep = Result<void> (*)(ReadTxn& from, BulkWriter& to);

Result<void> migrate_1_to_2(ReadTxn& from, BulkWriter& to);

} // namespace nvrhub::store
