#pragma once

#include "store/ledger.hpp"

namespace nvrhub::store {

/// A Write that was found good, with all that it changes still in memory.
struct Staged {
  Draft draft;
  fleet::NvrId id = 0;
};

/// Judges a Write against the transaction and gives its events their seq, time and NVR. `ledger` moves only if the
/// Write is good. Reads alone: an error leaves the transaction as it was, so that the rest of the batch goes on.
Result<Staged> stage(ReadTxn& txn, Write& write, Ledger& ledger);

/// Puts a staged Write into the transaction.
Result<void> flush(WriteTxn& txn, const Staged& staged, const Write& write);

/// Raises an NVR's last_seen; never lowers it. False: nothing was written. Without `create`, only if it has one.
Result<bool> raise_seen(WriteTxn& txn, fleet::NvrId id, fleet::WallMillis last_seen, bool create);

} // namespace nvrhub::store
