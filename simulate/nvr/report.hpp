#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "simulate/dashboard.hpp"
#include "simulate/measure/change_tracker.hpp"
#include "simulate/measure/stats.hpp"
#include "simulate/simulate.hpp"

namespace nvrhub::simulate {

/// The results of a run.
struct Report {
  Options options;
  TimePoint began;                      // connecting
  std::chrono::duration<double> ran{0}; // from then until the NVRs were stopped
  double cpu_s = 0;                     // of this process
  bool interrupted = false;             // ended by a signal, not by `duration`
  Totals nvrs;
  ChangeTracker::Result changes;
  DashboardTotals dashboards;

  /// Acknowledged changes that the connected dashboard never received.
  std::uint64_t lost() const { return changes.outstanding; }
  /// The reasons why the run failed, one line each; empty: success.
  std::vector<std::string> failures() const;
};

/// An aligned table.
std::string as_text(const Report& report);
/// One JSON object, times in seconds.
std::string as_json(const Report& report);
/// Duration of a connect phase: seconds from `began` to `end` if all NVRs are `done`, else a negative number.
double phase_s(const Report& report, std::uint64_t done, TimePoint end);

/// "812 µs", "1.53 ms", "2.10 s"; "–" for 0.
std::string readable(double seconds);
/// The progress of the last `seconds`: rates from `before` to `now`.
std::string progress_line(const Totals& before, const Totals& now, const ChangeTracker::Result& changes,
                          std::uint32_t nvrs, double elapsed_s, double seconds);

} // namespace nvrhub::simulate
