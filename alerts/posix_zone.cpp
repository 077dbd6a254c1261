#include "alerts/posix_zone.hpp"

#include "alerts/calendar.hpp"

namespace nvrhub::alerts {

std::int64_t PosixZone::Day::in_year(std::int64_t year) const {
  const std::int64_t first = days_from_civil(year, 1, 1);
  if (form == Form::julian) return (first + day - 1 + (is_leap_year(year) && day >= 60 ? 1 : 0)) * day_seconds + time;
  if (form == Form::zero_based) return (first + day) * day_seconds + time;
  const std::int64_t begin = days_from_civil(year, month, 1);
  const std::int64_t end = month == 12 ? days_from_civil(year + 1, 1, 1) : days_from_civil(year, month + 1, 1);
  std::int64_t found = begin + (weekday - weekday_of(begin) + 7) % 7 + (week - 1) * 7;
  if (found >= end) found -= 7; // week 5 is the last one
  return found * day_seconds + time;
}

struct PosixZone::Parser {
  std::string_view text;

  bool take(char c) {
    if (text.empty() || text.front() != c) return false;
    text.remove_prefix(1);
    return true;
  }

  std::optional<int> number(int from, int to) {
    int value = 0;
    std::size_t digits = 0;
    while (digits < text.size() && digits < 4 && text[digits] >= '0' && text[digits] <= '9')
      value = value * 10 + (text[digits++] - '0');
    text.remove_prefix(digits);
    if (digits == 0 || value < from || value > to) return std::nullopt;
    return value;
  }

  /// Letters, or anything in angle brackets.
  bool name() {
    if (take('<')) {
      const std::size_t end = text.find('>');
      if (end == std::string_view::npos) return false;
      text.remove_prefix(end + 1);
      return true;
    }
    std::size_t letters = 0;
    while (letters < text.size() && ((text[letters] | 0x20) >= 'a' && (text[letters] | 0x20) <= 'z'))
      ++letters;
    text.remove_prefix(letters);
    return letters >= 3;
  }

  /// [+-]hh[:mm[:ss]]
  std::optional<std::int64_t> time(int max_hours) {
    const bool negative = take('-');
    if (!negative) take('+');
    const auto hours = number(0, max_hours);
    if (!hours) return std::nullopt;
    std::int64_t seconds = std::int64_t{*hours} * 3'600;
    for (const std::int64_t unit : {60, 1}) {
      if (!take(':')) break;
      const auto part = number(0, 59);
      if (!part) return std::nullopt;
      seconds += *part * unit;
    }
    return negative ? -seconds : seconds;
  }

  std::optional<Day> day() {
    Day made;
    if (take('M')) {
      const auto month = number(1, 12);
      const auto week = month && take('.') ? number(1, 5) : std::nullopt;
      const auto weekday = week && take('.') ? number(0, 6) : std::nullopt;
      if (!weekday) return std::nullopt;
      made.month = *month;
      made.week = *week;
      made.weekday = *weekday;
    } else {
      const bool julian = take('J');
      made.form = julian ? Day::Form::julian : Day::Form::zero_based;
      const auto value = julian ? number(1, 365) : number(0, 365);
      if (!value) return std::nullopt;
      made.day = *value;
    }
    if (take('/')) {
      const auto at = time(167);
      if (!at) return std::nullopt;
      made.time = *at;
    }
    return made;
  }
};

std::optional<PosixZone> PosixZone::parse(std::string_view text) {
  Parser parser{text};
  PosixZone zone;
  const auto west = parser.name() ? parser.time(24) : std::nullopt;
  if (!west) return std::nullopt;
  zone.standard_ = -*west; // POSIX counts west of Greenwich
  if (parser.text.empty()) return zone;

  zone.has_summer_ = true;
  zone.summer_ = zone.standard_ + 3'600;
  if (!parser.name()) return std::nullopt;
  if (!parser.text.empty() && parser.text.front() != ',') {
    const auto summer_west = parser.time(24);
    if (!summer_west) return std::nullopt;
    zone.summer_ = -*summer_west;
  }
  const auto begin = parser.take(',') ? parser.day() : std::nullopt;
  const auto end = begin && parser.take(',') ? parser.day() : std::nullopt;
  if (!end || !parser.text.empty()) return std::nullopt;
  zone.begin_ = *begin;
  zone.end_ = *end;
  return zone;
}

std::int64_t PosixZone::offset_at(std::int64_t utc) const {
  if (!has_summer_) return standard_;
  const std::int64_t year = year_of_day(floor_divide(utc + standard_, day_seconds));
  const std::int64_t begin = begin_.in_year(year) - standard_;
  const std::int64_t end = end_.in_year(year) - summer_;
  const bool summer = begin < end ? begin <= utc && utc < end : !(end <= utc && utc < begin);
  return summer ? summer_ : standard_;
}

} // namespace nvrhub::alerts
