#pragma once

// Private to alerts/: days of the Gregorian calendar.

#include <cstdint>

namespace nvrhub::alerts {

inline constexpr std::int64_t day_seconds = 86'400;

/// Rounds down. REQUIRES: b > 0.
constexpr std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}

/// Days since 1970-01-01.
std::int64_t days_from_civil(std::int64_t year, int month, int day);
std::int64_t year_of_day(std::int64_t day);
/// 0: Sunday, ... 6: Saturday.
int weekday_of(std::int64_t day);
bool is_leap_year(std::int64_t year);

} // namespace nvrhub::alerts
