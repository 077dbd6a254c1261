#pragma once

#include "store/lmdb_backend.hpp"

namespace nvrhub::store {

/// Reads what a server is about to rely on, without writing: the meta pages, then (in a child process, which a damaged
/// file may take down) schema, every record of the state and the last events. Errc::corrupt, Errc::schema, or good. The
/// older part of the log is left to `check`. Says nothing about a file that is not there or empty.
Result<void> look_over(const LmdbOptions& options);

} // namespace nvrhub::store
