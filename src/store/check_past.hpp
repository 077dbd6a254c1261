#pragma once

#include <map>
#include <string>
#include <vector>

#include "fleet/replay.hpp"
#include "store/audit.hpp"

namespace nvrhub::store {

/// The part of a check that is about the past: what was noted beside the log, against the log as it is replayed.
class PastCheck {
public:
  PastCheck(ReadTxn& txn, Audit& audit) : txn_(txn), audit_(audit) {}

  /// Where the kept log begins, with the base state.
  void begin(const HeadRecord& head, const fleet::Fleet& base);
  /// The next event: the NVR before it is as `leaves` says, after it as `enters` says (null: there is none).
  void leaves(const fleet::Nvr* nvr);
  void enters(const fleet::Event& event, const fleet::Nvr* nvr);
  /// After the last event.
  void end();

private:
  void count(const fleet::Facts& facts, std::uint64_t weight);
  void place(const fleet::Event& event, const fleet::Nvr* nvr);
  void index();
  void runs();
  void load_samples();
  void compare_samples(fleet::Seq seq);
  void former_names();

  struct Noted {
    std::string key;
    SampleRecord sample;
  };

  ReadTxn& txn_;
  Audit& audit_;
  HeadRecord head_;
  std::uint64_t indexed_ = 0;
  fleet::Facts facts_; // of the NVR before the event
  Counts counts_;
  std::vector<Noted> samples_;
  std::size_t compared_ = 0;
  std::map<std::string, fleet::NvrId> removed_; // under each hostname, the last one
};

} // namespace nvrhub::store
