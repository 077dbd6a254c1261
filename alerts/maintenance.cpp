#include "alerts/maintenance.hpp"

#include <algorithm>

#include "alerts/calendar.hpp"

namespace nvrhub::alerts {

namespace {

/// Calls `visit(from, to)` for each occurrence that may contain or follow `at`, in order, up to the first of the week
/// after. `visit` returns false to stop.
template <class Visit>
void each_occurrence(const Weekly& weekly, fleet::WallMillis at, const Visit& visit) {
  const std::int64_t utc = floor_divide(at, 1'000);
  const std::int64_t today = floor_divide(utc + weekly.zone->offset_at(utc), day_seconds);
  const std::int64_t back = weekly.length / (day_seconds * 1'000) + 2;
  for (std::int64_t day = today - back; day <= today + 8; ++day) {
    if ((weekly.days >> weekday_of(day) & 1) == 0) continue;
    const fleet::WallMillis from = weekly.zone->to_utc(day * day_seconds + weekly.start * 60) * 1'000;
    if (!visit(from, from + weekly.length)) return;
  }
}

} // namespace

bool MaintenanceWindow::is_active(fleet::WallMillis at) const {
  if (const auto* once = std::get_if<Once>(&times)) return once->from <= at && at < once->to;
  bool active = false;
  each_occurrence(std::get<Weekly>(times), at, [&](fleet::WallMillis from, fleet::WallMillis to) {
    active = from <= at && at < to;
    return !active && from <= at;
  });
  return active;
}

bool MaintenanceWindow::was_over(fleet::WallMillis at) const {
  const auto* once = std::get_if<Once>(&times);
  return once != nullptr && once->to < at;
}

std::optional<fleet::WallMillis> MaintenanceWindow::next_change(fleet::WallMillis at) const {
  std::optional<fleet::WallMillis> next;
  const auto consider = [&](fleet::WallMillis time) {
    if (time > at && (!next || time < *next)) next = time;
  };
  if (const auto* once = std::get_if<Once>(&times)) {
    if (once->from < once->to) {
      consider(once->from);
      consider(once->to);
    }
    return next;
  }
  each_occurrence(std::get<Weekly>(times), at, [&](fleet::WallMillis from, fleet::WallMillis to) {
    consider(from);
    consider(to);
    return from <= at;
  });
  return next;
}

} // namespace nvrhub::alerts
