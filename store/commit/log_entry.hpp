#pragma once

#include "store/backend.hpp"
#include "store/store.hpp"

namespace nvrhub::store {

/// The hash of `entry` that follows the link with the hash `before`.
ChainHash next_hash(const ChainHash& before, const LogEntry& entry);

/// Store::apply of one entry: applies it and stores its link, and the number of its origin's last entry.
Result<Applied> apply(WriteTxn& txn, const LogEntry& entry);

} // namespace nvrhub::store
