#pragma once

#include <unordered_map>

#include "fleet/filter.hpp"

namespace nvrhub::fleet {

/// What a filter makes of a run of events: an NVR that matches before and after the run is told of as it is; one that
/// comes to match, or no longer does, is told of once, at its last event of the run; the others not at all.
class Selection {
public:
  enum class Fate { hide, pass, enter, leave };

  explicit Selection(const Filter& filter) : filter_(filter) {}

  /// The events of the run, in order. `before` and `after`: whether the NVR was unconfirmed before and after it.
  void add(const Event& event, bool unconfirmed_before, bool unconfirmed_after);

  /// How to tell of `event`, one of those added.
  Fate fate(const Event& event) const;
  /// Calls `visit(id)` for each NVR that enters.
  template <class Visit>
  void each_entering(Visit visit) const {
    for (const auto& [id, run] : runs_) {
      if (fate(run) == Fate::enter) visit(id);
    }
  }

private:
  struct Run {
    Seq last = 0;
    bool there_before = false;
    bool matched_before = false;
    bool there_after = false;
    bool matches_after = false;
  };
  static Fate fate(const Run& run);

  const Filter& filter_;
  std::unordered_map<NvrId, Run> runs_;
};

} // namespace nvrhub::fleet
