#pragma once

#include "store/commit/apply.hpp"

namespace nvrhub::store {

// Applies the kinds of entries that concern membership (entry/entry.hpp). They return the origins that became lost.

Result<std::vector<Origin>> apply_node_joined(WriteTxn& txn, const entry::NodeJoined& joined, LogPosition position);
Result<std::vector<Origin>> apply_node_lost(WriteTxn& txn, const entry::NodeLost& lost, LogPosition position);

} // namespace nvrhub::store
