#include "store/history/history.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "fleet/names.hpp"
#include "store/history/checkpoints.hpp"

namespace nvrhub::store {

namespace {

constexpr std::uint64_t max_search = 10'000; // events searched for the one that took an NVR offline

Result<void> require_retained(ReadTxn& txn, fleet::Seq seq) {
  NVRHUB_LET(head, load_meta<HeadRecord>(txn, meta::head));
  if (seq + 1 >= head.begin) return {};
  return fail(Errc::not_found, "history before event " + std::to_string(head.begin) + " was pruned");
}

/// The smallest id greater than `after` of an NVR in the base state or in the log.
Result<std::optional<fleet::NvrId>> next_id(ReadTxn& txn, fleet::NvrId after) {
  std::optional<fleet::NvrId> next;
  if (after == std::numeric_limits<fleet::NvrId>::max()) return next;
  for (const Table table : {Table::nvr_events, Table::base_nvrs}) {
    NVRHUB_LET(entry, txn.lower_bound(table, nvr_key(after + 1)));
    if (!entry) continue;
    const auto id = id_of_key(entry->first);
    if (!id) return tl::make_unexpected(malformed_record(table, entry->first));
    next = std::min(next.value_or(*id), *id);
  }
  return next;
}

} // namespace

Result<fleet::WallMillis> History::begin() const {
  NVRHUB_LET(head, load_meta<HeadRecord>(txn_, meta::head));
  if (head.begin > 1) return head.begin_at;
  NVRHUB_LET(first, txn_.lower_bound(Table::runs, {}));
  if (!first) return 0;
  return decode<RunRecord>(Table::runs, first->first, first->second).map([](const RunRecord& run) { return run.from; });
}

Result<fleet::Seq> History::seq_at(fleet::WallMillis time, fleet::Seq min_seq) const {
  NVRHUB_LET(head, load_meta<HeadRecord>(txn_, meta::head));
  fleet::Seq low = std::max(min_seq, head.begin - 1);
  fleet::Seq high = head.seq;
  const auto is_past = [&](fleet::Seq seq) {
    return load_event(txn_, seq).map([&](const fleet::Event& event) { return event.at <= time; });
  };
  for (fleet::Seq step = 1; low < high; step *= 2) { // galloping: the answer is between the last two probes
    const fleet::Seq probe = low + std::min(step, high - low);
    NVRHUB_LET(past, is_past(probe));
    if (!past) {
      high = probe - 1;
      break;
    }
    low = probe;
  }
  while (low < high) {
    const fleet::Seq middle = low + (high - low + 1) / 2;
    NVRHUB_LET(past, is_past(middle));
    (past ? low : high) = past ? middle : middle - 1;
  }
  return low;
}

Result<std::optional<fleet::Nvr>> History::nvr_at(fleet::NvrId id, fleet::Seq seq) const {
  NVRHUB_TRY(require_retained(txn_, seq));
  return rebuild(txn_, id, seq);
}

Result<void> History::each_nvr_at(fleet::NvrId after, fleet::Seq seq,
                                  const std::function<bool(fleet::Nvr&&)>& visit) const {
  NVRHUB_TRY(require_retained(txn_, seq));
  for (;;) {
    NVRHUB_LET(id, next_id(txn_, after));
    if (!id) return {};
    NVRHUB_LET(nvr, rebuild(txn_, *id, seq));
    if (nvr && !visit(std::move(*nvr))) return {};
    after = *id;
  }
}

Result<void> History::each_event_reverse(fleet::Seq since, fleet::Seq upto, std::optional<fleet::NvrId> nvr,
                                         const std::function<bool(fleet::Event&&)>& visit) const {
  if (since >= upto) return {};
  if (nvr) {
    return each_nvr_event_reverse(txn_, *nvr, upto + 1,
                                  [&](fleet::Seq seq, std::string_view, std::string_view) -> Result<bool> {
                                    if (seq <= since) return false;
                                    NVRHUB_LET(event, load_event(txn_, seq));
                                    return visit(std::move(event));
                                  });
  }
  std::string key = event_key(upto + 1);
  for (;;) {
    NVRHUB_LET(entry, txn_.before(Table::events, key));
    if (!entry) return {};
    key.assign(entry->first);
    NVRHUB_LET(event, decode_event(key, entry->second));
    if (event.seq <= since || !visit(std::move(event))) return {};
  }
}

Result<std::optional<fleet::Event>> History::last_offline(fleet::NvrId id, fleet::Seq upto) const {
  std::optional<fleet::Event> found;
  std::uint64_t examined = 0;
  NVRHUB_TRY(each_event_reverse(0, upto, id, [&](fleet::Event&& event) {
    if (event.kind == fleet::Kind::nvr_offline) found = std::move(event);
    return !found && ++examined < max_search;
  }));
  return found;
}

Result<std::vector<fleet::Span>> History::runs(fleet::WallMillis since) const {
  std::vector<fleet::Span> runs;
  std::string key;
  for (;;) {
    NVRHUB_LET(entry, txn_.before(Table::runs, key));
    if (!entry) break;
    key.assign(entry->first);
    NVRHUB_LET(run, decode<RunRecord>(Table::runs, key, entry->second));
    if (run.to < since && !runs.empty()) break;
    runs.push_back({run.from, run.to});
  }
  std::reverse(runs.begin(), runs.end());
  return runs;
}

Result<std::optional<Sample>> History::sample_at(fleet::WallMillis time) const {
  NVRHUB_LET(entry, txn_.before(Table::samples, sample_key(time + 1)));
  if (!entry) return std::nullopt;
  const auto at = seq_of_key(entry->first);
  if (!at) return tl::make_unexpected(malformed_record(Table::samples, entry->first));
  NVRHUB_LET(record, decode<SampleRecord>(Table::samples, entry->first, entry->second));
  return Sample{static_cast<fleet::WallMillis>(*at), record.head, record.counts};
}

Result<std::optional<fleet::NvrId>> History::former_id_of(std::string_view hostname) const {
  if (hostname.empty() || hostname.size() > fleet::max_name_bytes) return std::nullopt;
  NVRHUB_LET(record, load<HostnameRecord>(txn_, Table::former_names, hostname));
  if (!record) return std::nullopt;
  return record->id;
}

} // namespace nvrhub::store
