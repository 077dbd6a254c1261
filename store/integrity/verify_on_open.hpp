#pragma once

#include "store/lmdb/lmdb_backend.hpp"

namespace nvrhub::store {

/// Verifies, without writing, the data that a server relies on: the meta pages, then (in a child process, because
/// reading a damaged file may end it) the schema, every record of the state and the last 10 000 events. `nvrhub check`
/// verifies older events. No error for a file that is missing or empty.
///
/// REQUIRES: the process has only one thread (fork). ERRORS: Errc::corrupt, Errc::schema, Errc::io.
Result<void> verify_on_open(const LmdbOptions& options);

} // namespace nvrhub::store
