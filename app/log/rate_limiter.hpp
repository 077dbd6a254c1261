#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "actors/log.hpp"

namespace nvrhub::app {

/// Limits log lines per kind and minute and counts the suppressed ones: a client must not be able to fill the disk
/// with log lines. A kind's minute begins with its first line.
/// THREADS: not thread-safe. The caller passes the time.
class LogRateLimiter {
public:
  using Time = std::chrono::steady_clock::time_point;
  struct Suppressed {
    std::string kind;
    actors::Level level; // the most severe of the suppressed lines
    std::uint64_t lines;
  };

  explicit LogRateLimiter(unsigned per_minute) : per_minute_(per_minute) {}

  bool admit(std::string_view kind, actors::Level level, Time now);
  /// Returns and resets the counts of the kinds whose minute is over; with `all`, of every kind.
  std::vector<Suppressed> take_suppressed(Time now, bool all = false);

private:
  struct Minute {
    Time begin;
    unsigned admitted = 0;
    std::uint64_t suppressed = 0;
    actors::Level level = actors::Level::debug;
  };

  unsigned per_minute_;
  std::map<std::string, Minute, std::less<>> minutes_; // at most max_kinds
};

} // namespace nvrhub::app
