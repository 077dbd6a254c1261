#include "store/history/checkpoints.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "fleet/replay.hpp"

namespace nvrhub::store {

namespace {

constexpr std::uint32_t min_events = 32; // between two checkpoints of an NVR

void apply(std::optional<fleet::Nvr>& nvr, fleet::Event&& event) {
  if (event.kind == fleet::Kind::registered) {
    nvr = std::move(event.nvr);
  } else if (event.kind == fleet::Kind::removed) {
    nvr.reset();
  } else if (nvr) {
    fleet::apply(*nvr, event);
  }
}

/// Events do not have these fields.
void clear_presence(fleet::Nvr& nvr) {
  nvr.last_seen = 0;
  nvr.session = 0;
}

/// The key of the NVR's last event, if enough events follow its last checkpoint. The more cameras the NVR has, the more
/// expensive is a checkpoint, and the more events are required.
Result<std::optional<std::string>> due_checkpoint_key(ReadTxn& txn, fleet::NvrId id) {
  NVRHUB_LET(record, load<NvrRecord>(txn, Table::nvrs, nvr_key(id)));
  if (!record) return std::nullopt; // removed
  const std::uint32_t wanted = std::max(min_events, record->cameras / 2);
  std::uint32_t events = 0;
  std::string last;
  NVRHUB_TRY(each_nvr_event_reverse(txn, id, std::numeric_limits<fleet::Seq>::max(),
                                    [&](fleet::Seq, std::string_view key, std::string_view checkpoint) -> Result<bool> {
                                      if (!checkpoint.empty()) return false;
                                      if (events++ == 0) last = key;
                                      return events < wanted;
                                    }));
  if (events < wanted) return std::nullopt;
  return last;
}

} // namespace

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
  if (nvr) clear_presence(*nvr);
  return nvr;
}

Result<std::size_t> Store::checkpoint(std::span<const fleet::NvrId> changed, std::size_t max) {
  const PendingOperations::Operation operation(operations_);
  NVRHUB_LET(txn, backend_->begin_write());
  std::size_t written = 0; // NVRs and cameras
  std::size_t examined = 0;
  for (; examined < changed.size() && written < max; ++examined) {
    const fleet::NvrId id = changed[examined];
    NVRHUB_LET(key, due_checkpoint_key(*txn, id));
    if (!key) continue;
    NVRHUB_LET(nvr, read_nvr(*txn, live_state, id));
    if (!nvr) continue;
    clear_presence(*nvr);
    written += 1 + nvr->cameras.size();
    NVRHUB_TRY(save(*txn, Table::nvr_events, *key, CheckpointRecord{std::move(*nvr)}));
  }
  if (written > 0) NVRHUB_TRY(txn->commit());
  return examined;
}

} // namespace nvrhub::store
