#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace nvrhub::alerts {

/// The yearly rule at the end of a TZif file, such as `CET-1CEST,M3.5.0,M10.5.0/3` (POSIX, with the extension of
/// RFC 8536: hours from -167 to 167). All values in seconds.
class PosixZone {
public:
  /// Nothing if `text` is not such a rule.
  static std::optional<PosixZone> parse(std::string_view text);

  std::int64_t offset_at(std::int64_t utc) const;

private:
  struct Day {
    enum class Form : std::uint8_t { julian, zero_based, month_week } form = Form::month_week;
    int month = 0, week = 0, weekday = 0;
    int day = 0;
    std::int64_t time = 7'200; // on that day, by the local clock before the change

    std::int64_t in_year(std::int64_t year) const; // seconds since 1970 by that local clock
  };
  struct Parser;

  std::int64_t standard_ = 0;
  std::int64_t summer_ = 0;
  bool has_summer_ = false;
  Day begin_, end_; // of summer time
};

} // namespace nvrhub::alerts
