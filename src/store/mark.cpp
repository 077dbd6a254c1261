// What the server writes down every few seconds: that it runs, who was seen, and the fleet in numbers.
#include <algorithm>

#include "store/stage.hpp"

namespace nvrhub::store {

namespace {

constexpr fleet::WallMillis minute = 60'000;
constexpr fleet::WallMillis every_sample_kept = 2 * 60 * minute; // older ones are thinned to one a minute
constexpr int most_dropped = 64;                                 // runs, and samples, with one mark
// A mark comes every few seconds; what an event is later than the last one by more is the leap of a clock.
constexpr fleet::WallMillis longest_without_mark = minute;

struct NumberedRun {
  std::uint64_t number = 0; // 0: there is none
  RunRecord run;
};

Result<NumberedRun> last_run(ReadTxn& txn) {
  NVRHUB_LET(entry, txn.before(Table::runs, {}));
  if (!entry) return NumberedRun{};
  const auto number = seq_of_key(entry->first);
  if (!number) return tl::make_unexpected(undecodable(Table::runs, entry->first));
  NVRHUB_LET(run, decode<RunRecord>(Table::runs, entry->first, entry->second));
  return NumberedRun{*number, run};
}

/// Of the samples from `from` until `until`, leaves the first of each minute.
Result<void> thin_out(WriteTxn& txn, fleet::WallMillis from, fleet::WallMillis until) {
  const std::string end = sample_key(until);
  std::vector<std::string> surplus;
  std::uint64_t last_minute = 0;
  NVRHUB_TRY(
      each_entry(txn, Table::samples, sample_key(from), [&](std::string_view key, std::string_view) -> Result<bool> {
        const auto at = seq_of_key(key);
        if (!at) return tl::make_unexpected(undecodable(Table::samples, key));
        if (key >= end) return false;
        const std::uint64_t its_minute = *at / minute;
        if (its_minute == last_minute) surplus.emplace_back(key);
        last_minute = its_minute;
        return true;
      }));
  for (const std::string& key : surplus)
    NVRHUB_TRY(txn.erase(Table::samples, key));
  return {};
}

/// Drops entries from the front of a table while they are old.
template <class IsOld>
Result<void> drop_front(WriteTxn& txn, Table table, IsOld is_old) {
  for (int i = 0; i < most_dropped; ++i) {
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

Result<void> Store::mark(const Mark& mark) {
  NVRHUB_LET(txn, backend_->begin_write());
  for (const auto& [id, last_seen] : mark.seen)
    NVRHUB_TRY(raise_seen(*txn, id, last_seen, false));
  NVRHUB_LET(ledger, load_ledger(*txn));
  NVRHUB_LET(last, last_run(*txn));
  const bool is_first = run_ == 0;
  // A server that died lived until its last event at least.
  if (is_first && last.number != 0 && last.run.to < ledger.head.at &&
      ledger.head.at - last.run.to <= longest_without_mark) {
    last.run.to = ledger.head.at;
    NVRHUB_TRY(save(*txn, Table::runs, run_key(last.number), last.run));
  }
  const fleet::WallMillis now = std::max({mark.now, ledger.head.at, last.run.to}); // never back
  const bool begins = is_first || mark.was_away;
  const NumberedRun run = begins ? NumberedRun{last.number + 1, {now, now}} : NumberedRun{run_, {last.run.from, now}};
  NVRHUB_TRY(save(*txn, Table::runs, run_key(run.number), run.run));
  NVRHUB_TRY(save(*txn, Table::samples, sample_key(now), SampleRecord{ledger.head.seq, ledger.counts}));
  NVRHUB_TRY(thin_out(*txn, last.run.to - every_sample_kept - 2 * minute, now - every_sample_kept));
  NVRHUB_TRY(drop_old(*txn, mark.keep_from));
  NVRHUB_TRY(txn->commit());
  run_ = run.number;
  return {};
}

} // namespace nvrhub::store
