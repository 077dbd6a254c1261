#pragma once

#include <functional>

#include "store/tables.hpp"

namespace nvrhub::store {

/// Calls `visit(seq, key, checkpoint)` for the events of an NVR below `end`, newest first, until it returns false or an
/// error. `checkpoint` is empty where there is none.
using VisitPlace = std::function<Result<bool>(fleet::Seq seq, std::string_view key, std::string_view checkpoint)>;
Result<void> each_place_back(ReadTxn& txn, fleet::NvrId id, fleet::Seq end, const VisitPlace& visit);

/// The NVR as the event `seq` of the fleet, which must not be before the kept log, left it: its last checkpoint before,
/// or the base state, with its later events replayed.
Result<std::optional<fleet::Nvr>> rebuild(ReadTxn& txn, fleet::NvrId id, fleet::Seq seq);

} // namespace nvrhub::store
