// apply_prune: moves old events from the log into the base state.
#include "store/commit/apply.hpp"
#include "store/commit/store_header.hpp"

namespace nvrhub::store {

namespace {

/// Once its `removed` event is pruned, an NVR has no history left.
Result<void> drop_former_name(WriteTxn& txn, const fleet::Event& event) {
  NVRHUB_LET(record, load<HostnameRecord>(txn, Table::former_names, event.hostname));
  if (!record || record->id != event.nvr_id) return {};
  return txn.erase(Table::former_names, event.hostname);
}

} // namespace

Result<std::uint64_t> apply_prune(WriteTxn& txn, fleet::WallMillis before, std::uint64_t limit) {
  NVRHUB_LET(head, load_meta<HeadRecord>(txn, meta::head));
  std::uint64_t pruned = 0;
  while (pruned < limit && head.begin <= head.seq) {
    const std::string key = event_key(head.begin);
    NVRHUB_LET(event, load<fleet::Event>(txn, Table::events, key));
    if (!event) return fail(Errc::corrupt, describe(Table::events, key) + " is missing");
    if (event->at >= before) break;
    event->seq = head.begin;
    if (event->nvr_id != 0) {
      NVRHUB_LET(update, NvrUpdate::load(txn, base_state, event->nvr_id));
      NVRHUB_TRY(update.apply(txn, *event));
      NVRHUB_TRY(update.flush(txn));
    }
    if (fleet::is_indexed(*event)) NVRHUB_TRY(txn.erase(Table::nvr_events, nvr_event_key(event->nvr_id, event->seq)));
    if (event->kind == fleet::Kind::removed) NVRHUB_TRY(drop_former_name(txn, *event));
    NVRHUB_TRY(txn.erase(Table::events, key));
    head.begin_at = event->at;
    ++head.begin;
    ++pruned;
  }
  if (pruned == 0) return pruned;
  NVRHUB_TRY(save(txn, Table::meta, meta::head, head));
  return pruned;
}

} // namespace nvrhub::store
