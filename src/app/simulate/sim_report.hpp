#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "app/simulate/change_tracker.hpp"
#include "app/simulate/sim_dashboard.hpp"
#include "app/simulate/sim_stats.hpp"
#include "app/simulate/simulate.hpp"

namespace nvrhub::app::sim {

/// All that a run found out.
struct Report {
  SimulateOptions options;
  TimePoint began;                      // connecting
  std::chrono::duration<double> ran{0}; // from then until the NVRs were told to stop
  double cpu_s = 0;                     // of this process
  bool interrupted = false;             // by a signal rather than by `duration`
  Totals nvrs;
  ChangeTracker::Result changes;
  DashboardTotals dashboards;

  /// Acked changes that the dashboard never showed although it was watching.
  std::uint64_t lost() const { return changes.outstanding; }
  /// Why the run failed, a line each; empty if it did not.
  std::vector<std::string> failures() const;
};

/// An aligned table for people.
std::string as_text(const Report& report);
/// One JSON object, times in seconds.
std::string as_json(const Report& report);
/// What `connect` took: seconds from `began` to `end` if `done` reached `all`, else a negative number.
double phase_s(const Report& report, std::uint64_t done, TimePoint end);

/// "812 µs", "1.53 ms", "2.10 s"; "–" for nothing.
std::string readable(double seconds);
/// The progress of the last `seconds`: what changed from `before` to `now`.
std::string progress_line(const Totals& before, const Totals& now, const ChangeTracker::Result& changes,
                          std::uint32_t nvrs, double elapsed_s, double seconds);

} // namespace nvrhub::app::sim
