#pragma once

#include <functional>

#include "store/records/tables.hpp"

namespace nvrhub::store {

// Past states of an NVR. Checkpoints bound the number of events to replay.

/// Sets the fields to 0 that events do not have: version, last_seen, session.
void clear_unlogged(fleet::Nvr& nvr);

/// Calls `visit(seq, key, checkpoint)` for the events of an NVR with a seq < `end`, newest first, until it returns
/// false or an error. `checkpoint` is empty if the event has none.
using VisitNvrEvent = std::function<Result<bool>(fleet::Seq seq, std::string_view key, std::string_view checkpoint)>;
Result<void> each_nvr_event_reverse(ReadTxn& txn, fleet::NvrId id, fleet::Seq end, const VisitNvrEvent& visit);

/// The NVR after event `seq`: its last checkpoint up to there, or the base state, with its later events replayed.
/// REQUIRES: seq + 1 >= the first retained event.
Result<std::optional<fleet::Nvr>> rebuild(ReadTxn& txn, fleet::NvrId id, fleet::Seq seq);

} // namespace nvrhub::store
