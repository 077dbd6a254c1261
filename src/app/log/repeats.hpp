#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "actors/log.hpp"

namespace nvrhub::app {

/// Lets through so many lines of each kind a minute and counts the rest, so that no client can fill the disk with log.
/// A minute begins with a kind's first line. Not thread-safe; the caller gives the time.
class Repeats {
public:
  using Time = std::chrono::steady_clock::time_point;
  struct LeftOut {
    std::string kind;
    actors::Level level; // the gravest of them
    std::uint64_t lines;
  };

  explicit Repeats(unsigned per_minute) : per_minute_(per_minute) {}

  bool admit(std::string_view kind, actors::Level level, Time now);
  /// The kinds whose minute is over and that had lines left out; each is told once. With `all`, whether it is over
  /// or not.
  std::vector<LeftOut> take(Time now, bool all = false);

private:
  struct Minute {
    Time begin;
    unsigned admitted = 0;
    std::uint64_t left_out = 0;
    actors::Level level = actors::Level::debug;
  };

  unsigned per_minute_;
  std::map<std::string, Minute, std::less<>> minutes_; // at most max_kinds
};

} // namespace nvrhub::app
