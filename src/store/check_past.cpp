#include "store/check_past.hpp"

namespace nvrhub::store {

namespace {

fleet::Facts facts_of(const fleet::Nvr* nvr) {
  return nvr == nullptr ? fleet::Facts{} : fleet::facts_of(*nvr);
}

} // namespace

void PastCheck::leaves(const fleet::Nvr* nvr) {
  facts_ = facts_of(nvr);
}

/// `weight` is 1, or its negation: unsigned sums wrap.
void PastCheck::count(const fleet::Facts& facts, std::uint64_t weight) {
  if (!facts.there) return;
  (facts.online ? counts_.nvrs_online : counts_.nvrs_offline) += weight;
  counts_.cameras_online += weight * facts.cameras_online;
  counts_.cameras_offline += weight * facts.cameras_offline;
  counts_.cameras_other += weight * facts.cameras_other;
}

void PastCheck::begin(const HeadRecord& head, const fleet::Fleet& base) {
  head_ = head;
  for (const auto& [id, nvr] : base)
    count(facts_of(&nvr), 1);
  runs();
  load_samples();
  while (compared_ < samples_.size() && samples_[compared_].sample.head + 1 < head.begin) // nothing to compare with
    ++compared_;
  compare_samples(head.begin - 1);
}

void PastCheck::enters(const fleet::Event& event, const fleet::Nvr* nvr) {
  const fleet::Facts after = facts_of(nvr);
  audit_.require(event.nvr_id == 0 || (event.before == facts_ && event.after == after),
                 [&] { return "event " + std::to_string(event.seq) + " tells other numbers of its NVR than the log"; });
  count(facts_, ~std::uint64_t{0});
  count(after, 1);
  compare_samples(event.seq);
  if (event.kind == fleet::Kind::removed) removed_[event.hostname] = event.nvr_id;
  if (event.nvr_id != 0) place(event, nvr);
}

/// The event's place in its NVR's index, and the checkpoint there.
void PastCheck::place(const fleet::Event& event, const fleet::Nvr* nvr) {
  ++indexed_;
  const std::string key = nvr_event_key(event.nvr_id, event.seq);
  const auto entry = audit_.ok(txn_.get(Table::nvr_events, key));
  audit_.require(entry && *entry,
                 [&] { return "event " + std::to_string(event.seq) + " is missing in its NVR's index"; });
  if (!entry || entry->value_or("").empty()) return;
  const auto record = audit_.ok(decode<CheckpointRecord>(Table::nvr_events, key, **entry));
  if (!record) return;
  fleet::Nvr replayed = nvr == nullptr ? fleet::Nvr{} : *nvr;
  replayed.last_seen = 0;
  replayed.session = 0;
  audit_.require(record->nvr == replayed,
                 [&] { return "the checkpoint at event " + std::to_string(event.seq) + " is not what the log makes"; });
}

void PastCheck::end() {
  audit_.require(compared_ == samples_.size(),
                 [&] { return describe(Table::samples, samples_[compared_].key) + " is of no event"; });
  index();
  former_names();
}

void PastCheck::index() {
  std::uint64_t entries = 0;
  audit_.ok(each_entry(txn_, Table::nvr_events, {}, [&](std::string_view key, std::string_view) -> Result<bool> {
    ++entries;
    audit_.require(seq_of_nvr_event_key(key).has_value(),
                   [&] { return describe(Table::nvr_events, key) + " is not what nvrhub writes"; });
    return true;
  }));
  audit_.require(entries == indexed_, [&] {
    return "the NVRs' indices hold " + std::to_string(entries) + " events, the log " + std::to_string(indexed_);
  });
}

void PastCheck::runs() {
  std::uint64_t last = 0;
  fleet::WallMillis end = 0;
  audit_.each<RunRecord>(txn_, Table::runs, [&](std::string_view key, const RunRecord& run) {
    const auto number = seq_of_key(key);
    audit_.require(number && (last == 0 || *number == last + 1) && run.from <= run.to && (last == 0 || run.from >= end),
                   [&] { return describe(Table::runs, key) + " does not follow the one before"; });
    last = number.value_or(last + 1);
    end = run.to;
  });
}

void PastCheck::load_samples() {
  fleet::Seq last = 0;
  audit_.each<SampleRecord>(txn_, Table::samples, [&](std::string_view key, const SampleRecord& sample) {
    audit_.require(seq_of_key(key) && sample.head >= last,
                   [&] { return describe(Table::samples, key) + " does not follow the one before"; });
    last = sample.head;
    samples_.push_back({std::string(key), sample});
  });
}

/// Those that were taken when `seq` was the head.
void PastCheck::compare_samples(fleet::Seq seq) {
  for (; compared_ < samples_.size() && samples_[compared_].sample.head <= seq; ++compared_) {
    audit_.require(samples_[compared_].sample.head == seq && samples_[compared_].sample.counts == counts_, [&] {
      return describe(Table::samples, samples_[compared_].key) + " does not have the counts that the log makes";
    });
  }
}

void PastCheck::former_names() {
  audit_.each<HostnameRecord>(txn_, Table::former_names, [&](std::string_view hostname, const HostnameRecord& record) {
    const auto node = removed_.extract(std::string(hostname));
    audit_.require(!node.empty() && node.mapped() == record.id, [&] {
      return describe(Table::former_names, hostname) + " leads to no NVR that was removed under it";
    });
  });
  for (const auto& [hostname, id] : removed_)
    audit_.add("NVR " + std::to_string(id) + " was removed, and is not found by its former name " + hostname);
}

} // namespace nvrhub::store
