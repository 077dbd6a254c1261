#pragma once

#include <unordered_map>

#include "fleet/filter.hpp"

namespace nvrhub::fleet {

/// Applies a filter to a run of events (protocol.md, "Dashboard socket"). An NVR that matches before and after the run
/// keeps its events. One that starts or stops to match has one `entered` or `left`, at its last event of the run. All
/// others are hidden.
class Selection {
public:
  enum class FilterTransition { hide, pass, enter, leave };

  explicit Selection(const Filter& filter) : filter_(filter) {}

  /// Adds the events of the run, in order. `unconfirmed_...`: whether the NVR was unconfirmed before and after the run.
  void add(const Event& event, bool unconfirmed_before, bool unconfirmed_after);

  /// How to show `event`, one of those added.
  FilterTransition transition(const Event& event) const;
  /// Calls `visit(id)` for each NVR that enters.
  template <class Visit>
  void each_entering(Visit visit) const {
    for (const auto& [id, run] : runs_) {
      if (transition(run) == FilterTransition::enter) visit(id);
    }
  }

private:
  struct Run {
    Seq last = 0;
    bool existed_before = false;
    bool matched_before = false;
    bool exists_after = false;
    bool matches_after = false;
  };
  static FilterTransition transition(const Run& run);

  const Filter& filter_;
  std::unordered_map<NvrId, Run> runs_;
};

} // namespace nvrhub::fleet
