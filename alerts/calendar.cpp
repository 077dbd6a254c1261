#include "alerts/calendar.hpp"

namespace nvrhub::alerts {

bool is_leap_year(std::int64_t year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

std::int64_t days_from_civil(std::int64_t year, int month, int day) {
  // Years begin in March here, so that the leap day is the last of its year.
  if (month <= 2) --year;
  const std::int64_t era = floor_divide(year, 400);
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146'097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719'468;
}

std::int64_t year_of_day(std::int64_t day) {
  std::int64_t year = 1970 + floor_divide(day * 400, 146'097); // at most one off
  while (days_from_civil(year, 1, 1) > day)
    --year;
  while (days_from_civil(year + 1, 1, 1) <= day)
    ++year;
  return year;
}

int weekday_of(std::int64_t day) {
  return static_cast<int>(day + 4 - floor_divide(day + 4, 7) * 7); // 1970-01-01 was a Thursday
}

} // namespace nvrhub::alerts
