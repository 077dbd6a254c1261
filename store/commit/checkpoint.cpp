// apply_checkpoint: stores the complete NVR at its last event, if enough events follow its last checkpoint.
#include <algorithm>
#include <limits>
#include <utility>

#include "store/commit/apply.hpp"
#include "store/history/checkpoints.hpp"
#include "store/records/tables.hpp"

namespace nvrhub::store {

namespace {

constexpr std::uint32_t min_events = 32; // between two checkpoints of an NVR

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

Result<Checkpointed> apply_checkpoint(WriteTxn& txn, std::span<const fleet::NvrId> changed, std::uint64_t max) {
  Checkpointed done;
  for (; done.examined < changed.size() && done.written < max; ++done.examined) {
    const fleet::NvrId id = changed[done.examined];
    NVRHUB_LET(key, due_checkpoint_key(txn, id));
    if (!key) continue;
    NVRHUB_LET(nvr, read_nvr(txn, live_state, id));
    if (!nvr) continue;
    clear_unlogged(*nvr);
    done.written += 1 + nvr->cameras.size();
    NVRHUB_TRY(save(txn, Table::nvr_events, *key, CheckpointRecord{std::move(*nvr)}));
  }
  return done;
}

} // namespace nvrhub::store
