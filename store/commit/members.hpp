#pragma once

#include "store/commit/apply.hpp"

namespace nvrhub::store {

// Applies the kinds of entries that concern membership (entry/entry.hpp). They return the origins that became lost.

Result<std::vector<Origin>> apply_node_joined(WriteTxn& txn, const entry::NodeJoined& joined, LogPosition position);
Result<std::vector<Origin>> apply_node_lost(WriteTxn& txn, const entry::NodeLost& lost, LogPosition position);

/// The data are of no cluster any more, and no entry of a log was applied to them: for a copy, and for a new cluster.
/// The numbers of origins, which NVRs name, are not used again.
Result<void> leave_cluster(WriteTxn& txn);

} // namespace nvrhub::store
