#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "alerts/rule.hpp"
#include "alerts/time_zone.hpp"
#include "fleet/nvr.hpp"

namespace nvrhub::alerts {

/// One time range: `from` included, `to` excluded.
struct Once {
  fleet::WallMillis from = 0;
  fleet::WallMillis to = 0;

  friend bool operator==(const Once&, const Once&) = default;
};

/// The same time of chosen days of every week, by the local clock of a zone. It lasts `length`, whatever the clock does
/// meanwhile. A start that the clock skips is moved to the moment of the change; one that it shows twice is the first.
struct Weekly {
  std::uint8_t days = 0;  // bit 0: Sunday, ... bit 6: Saturday
  std::int32_t start = 0; // minutes after midnight
  fleet::WallMillis length = 0;
  TimeZonePtr zone; // REQUIRES: not null

  friend bool operator==(const Weekly& a, const Weekly& b) {
    return a.days == b.days && a.start == b.start && a.length == b.length && a.zone->name() == b.zone->name();
  }
};

/// Planned work: the alerts of what it matches go on in silence.
struct MaintenanceWindow {
  std::string id;
  std::string reason;
  Scope filter;
  std::variant<Once, Weekly> times;

  bool is_active(fleet::WallMillis at) const;
  /// It ended before `at` and does not repeat.
  bool was_over(fleet::WallMillis at) const;
  /// A time after `at` that is no later than the next change of is_active(); nothing: it never changes again.
  std::optional<fleet::WallMillis> next_change(fleet::WallMillis at) const;

  friend bool operator==(const MaintenanceWindow&, const MaintenanceWindow&) = default;
};

inline constexpr fleet::WallMillis max_once = 90 * std::int64_t{86'400'000};
inline constexpr fleet::WallMillis max_weekly = 6 * std::int64_t{86'400'000};
inline constexpr std::size_t max_windows = 1'000;

} // namespace nvrhub::alerts
