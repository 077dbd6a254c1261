// apply_liveness: the current run, last_seen of NVRs, and a sample of the fleet's counts, every few seconds.
#include <algorithm>

#include "store/commit/apply.hpp"
#include "store/commit/validate.hpp"

namespace nvrhub::store {

namespace {

constexpr fleet::WallMillis minute = 60'000;
constexpr fleet::WallMillis full_resolution_window = 2 * 60 * minute; // older samples are thinned to one per minute
constexpr int max_dropped = 64;                                       // runs, and samples, per liveness record
// A liveness record is written every few seconds. An event later than the last record by more than this was dated by a
// clock that was wrong.
constexpr fleet::WallMillis max_liveness_gap = minute;

struct NumberedRun {
  std::uint64_t number = 0; // 0: no run
  RunRecord run;
};

Result<NumberedRun> last_run(ReadTxn& txn) {
  NVRHUB_LET(row, txn.before(Table::runs, {}));
  if (!row) return NumberedRun{};
  const auto number = seq_of_key(row->first);
  if (!number) return tl::make_unexpected(malformed_record(Table::runs, row->first));
  NVRHUB_LET(run, decode<RunRecord>(Table::runs, row->first, row->second));
  return NumberedRun{*number, run};
}

/// Deletes all samples in [from, until) except the first of each minute.
Result<void> thin_samples(WriteTxn& txn, fleet::WallMillis from, fleet::WallMillis until) {
  const std::string end = sample_key(until);
  std::vector<std::string> surplus;
  std::uint64_t last_minute = 0;
  NVRHUB_TRY(
      each_row(txn, Table::samples, sample_key(from), [&](std::string_view key, std::string_view) -> Result<bool> {
        const auto at = seq_of_key(key);
        if (!at) return tl::make_unexpected(malformed_record(Table::samples, key));
        if (key >= end) return false;
        const std::uint64_t sample_minute = *at / minute;
        if (sample_minute == last_minute) surplus.emplace_back(key);
        last_minute = sample_minute;
        return true;
      }));
  for (const std::string& key : surplus)
    NVRHUB_TRY(txn.erase(Table::samples, key));
  return {};
}

/// Deletes up to max_dropped rows from the front of a table while `is_old`.
template <class IsOld>
Result<void> drop_front(WriteTxn& txn, Table table, IsOld is_old) {
  for (int i = 0; i < max_dropped; ++i) {
    NVRHUB_LET(first, txn.lower_bound(table, {}));
    if (!first) return {};
    NVRHUB_LET(old, is_old(first->first, first->second));
    if (!old) return {};
    const std::string key(first->first);
    NVRHUB_TRY(txn.erase(table, key));
  }
  return {};
}

Result<void> drop_old(WriteTxn& txn, fleet::WallMillis before) {
  NVRHUB_TRY(drop_front(txn, Table::samples, [&](std::string_view key, std::string_view) -> Result<bool> {
    return key < sample_key(before);
  }));
  return drop_front(txn, Table::runs, [&](std::string_view key, std::string_view value) -> Result<bool> {
    return decode<RunRecord>(Table::runs, key, value).map([&](const RunRecord& run) { return run.to < before; });
  });
}

} // namespace

Result<void> apply_liveness(WriteTxn& txn, const LivenessRecord& liveness) {
  for (const auto& [id, last_seen] : liveness.seen)
    NVRHUB_TRY(raise_seen(txn, id, last_seen, false));
  NVRHUB_LET(header, load_store_header(txn));
  NVRHUB_LET(last, last_run(txn));
  // A server that was killed ran at least until its last event.
  if (liveness.begins_run && last.number != 0 && last.run.to < header.head.at &&
      header.head.at - last.run.to <= max_liveness_gap) {
    last.run.to = header.head.at;
    NVRHUB_TRY(save(txn, Table::runs, run_key(last.number), last.run));
  }
  const fleet::WallMillis now = std::max({liveness.now, header.head.at, last.run.to}); // never decreases
  const bool begins = last.number == 0 || liveness.begins_run || liveness.clock_discontinuity;
  const NumberedRun run =
      begins ? NumberedRun{last.number + 1, {now, now}} : NumberedRun{last.number, {last.run.from, now}};
  NVRHUB_TRY(save(txn, Table::runs, run_key(run.number), run.run));
  NVRHUB_TRY(save(txn, Table::samples, sample_key(now), SampleRecord{header.head.seq, header.counts}));
  NVRHUB_TRY(thin_samples(txn, last.run.to - full_resolution_window - 2 * minute, now - full_resolution_window));
  NVRHUB_TRY(drop_old(txn, liveness.keep_from));
  if (liveness.vouched == 0) return {};
  return save(txn, Table::meta, meta::clock, ClockRecord{liveness.vouched});
}

} // namespace nvrhub::store
