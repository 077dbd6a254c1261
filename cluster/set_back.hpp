#pragma once

#include "log/log.hpp"
#include "store/store.hpp"

namespace nvrhub::cluster {

/// Whether the log was restored from an older copy: it has fewer entries of an origin than the store has applied. Its
/// positions may have grown beyond the applied one again since. ERRORS: of the store.
store::Result<bool> was_set_back(const store::Snapshot& snapshot, const log::LastEntries& last);

} // namespace nvrhub::cluster
