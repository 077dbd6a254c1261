#pragma once

#include "store/integrity/check_collector.hpp"

namespace nvrhub::store {

/// Checks what a store keeps of the replicated log (log_entry.hpp): the links end with the last entry and are at most
/// max_links, the numbers of origins are unique. A single server has none of these rows. Returns the number of the next
/// origin: no NVR has a holder with this number or a greater one.
OriginNumber check_replicated_log(ReadTxn& txn, CheckCollector& collector);

} // namespace nvrhub::store
