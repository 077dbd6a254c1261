#include "store/history/checkpoints.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "fleet/replay.hpp"

namespace nvrhub::store {

namespace {

void apply(std::optional<fleet::Nvr>& nvr, fleet::Event&& event) {
  if (event.kind == fleet::Kind::registered) {
    nvr = std::move(event.nvr);
  } else if (event.kind == fleet::Kind::removed) {
    nvr.reset();
  } else if (nvr) {
    fleet::apply(*nvr, event);
  }
}

} // namespace

void clear_unlogged(fleet::Nvr& nvr) {
  nvr.version = 0;
  nvr.last_seen = 0;
  nvr.session = 0;
}

Result<void> each_nvr_event_reverse(ReadTxn& txn, fleet::NvrId id, fleet::Seq end, const VisitNvrEvent& visit) {
  std::string key = nvr_event_key(id, end);
  for (;;) {
    NVRHUB_LET(row, txn.before(Table::nvr_events, key));
    if (!row || id_of_key(row->first) != id) return {};
    key.assign(row->first);
    const auto seq = seq_of_nvr_event_key(key);
    if (!seq) return tl::make_unexpected(malformed_record(Table::nvr_events, key));
    NVRHUB_LET(more, visit(*seq, key, row->second));
    if (!more) return {};
  }
}

Result<std::optional<fleet::Nvr>> rebuild(ReadTxn& txn, fleet::NvrId id, fleet::Seq seq) {
  std::optional<fleet::Nvr> nvr;
  std::vector<fleet::Seq> later;
  NVRHUB_TRY(each_nvr_event_reverse(
      txn, id, seq + 1, [&](fleet::Seq at, std::string_view key, std::string_view checkpoint) -> Result<bool> {
        if (checkpoint.empty()) {
          later.push_back(at);
          return true;
        }
        NVRHUB_LET(record, decode<CheckpointRecord>(Table::nvr_events, key, checkpoint));
        nvr = std::move(record.nvr);
        return false;
      }));
  if (!nvr) {
    NVRHUB_LET(base, read_nvr(txn, base_state, id));
    nvr = std::move(base);
  }
  for (auto at = later.rbegin(); at != later.rend(); ++at) {
    NVRHUB_LET(event, load_event(txn, *at));
    apply(nvr, std::move(event));
  }
  if (nvr) clear_unlogged(*nvr);
  return nvr;
}

} // namespace nvrhub::store
