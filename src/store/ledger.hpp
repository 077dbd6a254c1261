#pragma once

#include "store/draft.hpp"

namespace nvrhub::store {

/// The records of the whole store that a commit moves: the ends of the log, and the fleet's counts.
struct Ledger {
  HeadRecord head;
  Counts counts;
};

Result<Ledger> load_ledger(ReadTxn& txn);
Result<void> save_ledger(WriteTxn& txn, const Ledger& ledger);

/// Not there, if there is no record.
fleet::Facts facts_of(const std::optional<NvrRecord>& nvr);

/// Takes what an NVR counted for out of the fleet's counts, and puts in what it counts for now.
void recount(Counts& counts, const std::optional<NvrRecord>& before, const std::optional<NvrRecord>& after);

} // namespace nvrhub::store
