#include "store/integrity/history_check.hpp"

#include <algorithm>
#include <iterator>

#include "store/history/checkpoints.hpp"

namespace nvrhub::store {

namespace {

fleet::NvrSummary summary_of(const fleet::Nvr* nvr) {
  return nvr == nullptr ? fleet::NvrSummary{} : fleet::summary_of(*nvr);
}

} // namespace

void HistoryCheck::before_event(const fleet::Event& event, const fleet::Nvr* nvr) {
  summary_before_ = summary_of(nvr);
  if (nvr != nullptr) check_from(event, *nvr);
}

void HistoryCheck::check_from(const fleet::Event& event, const fleet::Nvr& nvr) {
  std::size_t hint = 0;
  for (auto change = event.cameras.begin(); change != event.cameras.end(); ++change) {
    const fleet::Camera* const camera = nvr.find(change->name, hint);
    if (camera == nullptr) continue; // without effect
    hint = static_cast<std::size_t>(camera - nvr.cameras.data()) + 1;
    if (change->from == camera->status) continue;
    const auto earlier = std::find_if(std::make_reverse_iterator(change), event.cameras.rend(),
                                      [&](const fleet::CameraChange& other) { return other.name == change->name; });
    collector_.require(earlier != event.cameras.rend() && earlier->status == change->from, [&] {
      return "event " + std::to_string(event.seq) + " has a former status of camera " + change->name +
             " that differs from the log";
    });
  }
}

/// `weight` is 1 or -1 (unsigned: sums wrap).
void HistoryCheck::count(const fleet::NvrSummary& nvr_summary, std::uint64_t weight) {
  if (!nvr_summary.exists) return;
  (nvr_summary.online ? counts_.nvrs_online : counts_.nvrs_offline) += weight;
  counts_.cameras_online += weight * nvr_summary.cameras_online;
  counts_.cameras_offline += weight * nvr_summary.cameras_offline;
  counts_.cameras_other += weight * nvr_summary.cameras_other;
}

void HistoryCheck::begin(const HeadRecord& head, const fleet::Fleet& base) {
  head_ = head;
  for (const auto& [id, nvr] : base)
    count(summary_of(&nvr), 1);
  check_runs();
  load_samples();
  while (compared_ < samples_.size() && samples_[compared_].sample.head + 1 < head.begin) // older than the base state
    ++compared_;
  compare_samples(head.begin - 1);
}

void HistoryCheck::after_event(const fleet::Event& event, const fleet::Nvr* nvr) {
  const fleet::NvrSummary after = summary_of(nvr);
  collector_.require(event.nvr_id == 0 || (event.before == summary_before_ && event.after == after), [&] {
    return "event " + std::to_string(event.seq) + " has summaries of its NVR that differ from the log";
  });
  count(summary_before_, ~std::uint64_t{0});
  count(after, 1);
  compare_samples(event.seq);
  if (event.kind == fleet::Kind::removed) removed_[event.hostname] = event.nvr_id;
  if (fleet::is_indexed(event)) check_index_entry(event, nvr);
}

/// Checks the event's row in the index of its NVR, and its checkpoint.
void HistoryCheck::check_index_entry(const fleet::Event& event, const fleet::Nvr* nvr) {
  ++indexed_;
  const std::string key = nvr_event_key(event.nvr_id, event.seq);
  const auto row = collector_.ok(txn_.get(Table::nvr_events, key));
  collector_.require(row && *row,
                     [&] { return "event " + std::to_string(event.seq) + " is missing from its NVR's index"; });
  if (!row || row->value_or("").empty()) return;
  const auto record = collector_.ok(decode<CheckpointRecord>(Table::nvr_events, key, **row));
  if (!record) return;
  fleet::Nvr replayed = nvr == nullptr ? fleet::Nvr{} : *nvr;
  clear_unlogged(replayed);
  collector_.require(record->nvr == replayed,
                     [&] { return "the checkpoint at event " + std::to_string(event.seq) + " differs from the log"; });
}

void HistoryCheck::end() {
  collector_.require(compared_ == samples_.size(), [&] {
    return describe(Table::samples, samples_[compared_].key) + " refers to an event that does not exist";
  });
  check_index();
  check_former_names();
}

void HistoryCheck::check_index() {
  std::uint64_t entries = 0;
  collector_.ok(each_row(txn_, Table::nvr_events, {}, [&](std::string_view key, std::string_view) -> Result<bool> {
    ++entries;
    collector_.require(seq_of_nvr_event_key(key).has_value(),
                       [&] { return describe(Table::nvr_events, key) + " has an invalid key"; });
    return true;
  }));
  collector_.require(entries == indexed_, [&] {
    return "the NVR indexes have " + std::to_string(entries) + " events, the log has " + std::to_string(indexed_);
  });
}

void HistoryCheck::check_runs() {
  std::uint64_t last = 0;
  fleet::WallMillis end = 0;
  collector_.each<RunRecord>(txn_, Table::runs, [&](std::string_view key, const RunRecord& run) {
    const auto number = seq_of_key(key);
    collector_.require(number && (last == 0 || *number == last + 1) && run.from <= run.to &&
                           (last == 0 || run.from >= end),
                       [&] { return describe(Table::runs, key) + " does not follow the record before it"; });
    last = number.value_or(last + 1);
    end = run.to;
  });
}

void HistoryCheck::load_samples() {
  fleet::Seq last = 0;
  collector_.each<SampleRecord>(txn_, Table::samples, [&](std::string_view key, const SampleRecord& sample) {
    collector_.require(seq_of_key(key) && sample.head >= last,
                       [&] { return describe(Table::samples, key) + " does not follow the record before it"; });
    last = sample.head;
    samples_.push_back({std::string(key), sample});
  });
}

/// Compares the samples whose head is `seq`.
void HistoryCheck::compare_samples(fleet::Seq seq) {
  for (; compared_ < samples_.size() && samples_[compared_].sample.head <= seq; ++compared_) {
    collector_.require(samples_[compared_].sample.head == seq && samples_[compared_].sample.counts == counts_, [&] {
      return describe(Table::samples, samples_[compared_].key) + " has counts that differ from the log";
    });
  }
}

void HistoryCheck::check_former_names() {
  collector_.each<HostnameRecord>(
      txn_, Table::former_names, [&](std::string_view hostname, const HostnameRecord& record) {
        const auto node = removed_.extract(std::string(hostname));
        collector_.require(!node.empty() && node.mapped() == record.id, [&] {
          return describe(Table::former_names, hostname) + " does not refer to the last NVR removed with that hostname";
        });
      });
  for (const auto& [hostname, id] : removed_)
    collector_.add("NVR " + std::to_string(id) + " was removed, but is not listed under its former hostname " +
                   hostname);
}

} // namespace nvrhub::store
