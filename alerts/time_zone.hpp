#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "alerts/posix_zone.hpp"

namespace nvrhub::alerts {

/// The rules of one IANA time zone, from a TZif file (RFC 8536). C++20's <chrono> zones are not in libstdc++ 12, and
/// localtime_r reads the zone of the whole process. Times are seconds: since 1970 UTC, or of the local clock counted as
/// if it were UTC.
/// THREADS: any; immutable.
class TimeZone {
public:
  /// ERRORS: what is wrong with the file.
  static tl::expected<TimeZone, std::string> parse(std::string name, std::string_view tzif);

  const std::string& name() const { return name_; }
  /// Local time minus UTC at the time `utc`.
  std::int64_t offset_at(std::int64_t utc) const;
  /// The time at which the local clock shows `local`. A clock that is set back shows it twice: the first time. A clock
  /// that is set ahead skips it: the moment of the change.
  std::int64_t to_utc(std::int64_t local) const;

private:
  struct Transition {
    std::int64_t at = 0;
    std::int64_t offset = 0; // from then on
  };

  std::string name_;
  std::int64_t first_offset_ = 0; // before the first transition
  std::vector<Transition> transitions_;
  std::optional<PosixZone> after_; // after the last transition
};

using TimeZonePtr = std::shared_ptr<const TimeZone>;

} // namespace nvrhub::alerts
