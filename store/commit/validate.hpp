#pragma once

#include "store/commit/store_header.hpp"

namespace nvrhub::store {

/// An accepted Write. Its changes are still in memory.
struct ValidatedWrite {
  NvrUpdate update;
  fleet::NvrId id = 0;
};

/// Validates a Write against the transaction and sets seq, time and NVR of its events. `header` is changed only if the
/// Write is accepted. A session that writes is held by `origin`. Does not write to the transaction, so after an error
/// the rest of the batch can continue.
Result<ValidatedWrite> validate_write(ReadTxn& txn, Write& write, StoreHeader& header, OriginNumber origin);

/// Writes an accepted Write to the transaction.
Result<void> flush(WriteTxn& txn, const ValidatedWrite& validated, const Write& write);

/// Raises an NVR's last_seen, never lowers it. False: nothing written. Without `create`, only if there is a record.
Result<bool> raise_seen(WriteTxn& txn, fleet::NvrId id, fleet::WallMillis last_seen, bool create);

} // namespace nvrhub::store
