#pragma once

#include "store/commit/nvr_update.hpp"

namespace nvrhub::store {

/// The store-wide records that every commit updates: first and last event of the log, and the fleet's counts.
struct StoreHeader {
  HeadRecord head;
  Counts counts;
  fleet::WallMillis observed_until = 0; // of the last liveness record, which no later event may precede; not saved
};

Result<StoreHeader> load_store_header(ReadTxn& txn);
Result<void> save_store_header(WriteTxn& txn, const StoreHeader& header);

/// An empty summary if there is no record.
fleet::NvrSummary summary_of(const std::optional<NvrRecord>& nvr);

/// Replaces the NVR's contribution to the fleet's counts.
void recount(Counts& counts, const std::optional<NvrRecord>& before, const std::optional<NvrRecord>& after);

} // namespace nvrhub::store
