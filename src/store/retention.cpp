#include "store/ledger.hpp"

namespace nvrhub::store {

Result<std::uint64_t> Store::prune(fleet::WallMillis before, std::uint64_t limit) {
  NVRHUB_LET(txn, backend_->begin_write());
  NVRHUB_LET(head, load_meta<HeadRecord>(*txn, meta::head));
  std::uint64_t pruned = 0;
  while (pruned < limit && head.begin <= head.seq) {
    const std::string key = event_key(head.begin);
    NVRHUB_LET(event, load<fleet::Event>(*txn, Table::events, key));
    if (!event) return fail(Errc::corrupt, describe(Table::events, key) + " is missing");
    if (event->at >= before) break;
    event->seq = head.begin;
    if (event->nvr_id != 0) {
      NVRHUB_LET(draft, Draft::load(*txn, base_state, event->nvr_id));
      NVRHUB_TRY(draft.apply(*txn, *event));
      NVRHUB_TRY(draft.flush(*txn));
      NVRHUB_TRY(txn->erase(Table::nvr_events, nvr_event_key(event->nvr_id, event->seq)));
    }
    NVRHUB_TRY(txn->erase(Table::events, key));
    ++head.begin;
    ++pruned;
  }
  if (pruned == 0) return pruned;
  NVRHUB_TRY(save(*txn, Table::meta, meta::head, head));
  NVRHUB_TRY(txn->commit());
  return pruned;
}

} // namespace nvrhub::store
