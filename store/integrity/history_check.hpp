#pragma once

#include <map>
#include <string>
#include <vector>

#include "fleet/replay.hpp"
#include "store/integrity/check_collector.hpp"

namespace nvrhub::store {

/// The part of a check about the past: compares summaries, checkpoints, indexes, samples, runs and former hostnames
/// with the log, while check.cpp replays it.
class HistoryCheck {
public:
  HistoryCheck(ReadTxn& txn, CheckCollector& collector) : txn_(txn), collector_(collector) {}

  /// Call first, with the base state.
  void begin(const HeadRecord& head, const fleet::Fleet& base);
  /// Call both for each event, in order, with the event's NVR before and after it (null: no NVR).
  void before_event(const fleet::Event& event, const fleet::Nvr* nvr);
  void after_event(const fleet::Event& event, const fleet::Nvr* nvr);
  /// Call after the last event.
  void end();

private:
  void check_from(const fleet::Event& event, const fleet::Nvr& nvr);
  void count(const fleet::NvrSummary& nvr_summary, std::uint64_t weight);
  void check_index_entry(const fleet::Event& event, const fleet::Nvr* nvr);
  void check_index();
  void check_runs();
  void load_samples();
  void compare_samples(fleet::Seq seq);
  void check_former_names();

  struct SampleEntry {
    std::string key;
    SampleRecord sample;
  };

  ReadTxn& txn_;
  CheckCollector& collector_;
  HeadRecord head_;
  std::uint64_t indexed_ = 0;
  fleet::NvrSummary summary_before_; // of the current event's NVR
  Counts counts_;
  std::vector<SampleEntry> samples_;
  std::size_t compared_ = 0;
  std::map<std::string, fleet::NvrId> removed_; // hostname -> the last NVR removed with it
};

} // namespace nvrhub::store
