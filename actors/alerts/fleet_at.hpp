#pragma once

#include "alerts/engine.hpp"
#include "store/store.hpp"

namespace nvrhub::actors {

/// Calls `visit` for every NVR as it was after event `seq`, with its cameras. `last_seen` only says whether the NVR had
/// been online by then (not 0).
/// Reads the state of now, and the past of the NVRs that changed since: cheap if `seq` is near the head.
/// REQUIRES: the events after `seq` are retained.
store::Result<void> each_nvr_at(const store::Snapshot& snapshot, fleet::Seq seq,
                                const std::function<void(const fleet::Nvr&)>& visit);

} // namespace nvrhub::actors
