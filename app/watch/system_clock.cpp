#include "app/watch/system_clock.hpp"

#include <algorithm>
#include <ctime>

#include <sys/timex.h>

namespace nvrhub::app {

namespace {

std::int64_t read_ns(clockid_t clock) {
  constexpr std::int64_t max_seconds = 9'000'000'000; // the year 2255: larger ones do not fit
  timespec time{};
  ::clock_gettime(clock, &time);
  return std::clamp<std::int64_t>(time.tv_sec, 0, max_seconds) * 1'000'000'000 + time.tv_nsec;
}

/// False as well if a sandbox forbids the call, and if the kernel speaks of another clock than the one that this
/// process is shown (libfaketime).
bool is_synchronized(std::int64_t wall_ns) {
  constexpr std::int64_t same_clock_s = 60;
  timex state{};
  const int result = ::adjtimex(&state); // modes 0: only reads
  if (result < 0 || result == TIME_ERROR || (state.status & STA_UNSYNC) != 0) return false;
  return std::abs(state.time.tv_sec - wall_ns / 1'000'000'000) <= same_clock_s;
}

} // namespace

std::int64_t boot_ns() {
  return read_ns(CLOCK_BOOTTIME);
}

/// The process may be suspended between two reads: the closest of some pairs counts.
fleet::ClockReading read_clocks() {
  constexpr int attempts = 5;
  constexpr std::int64_t close_ns = 50'000;
  fleet::ClockReading best;
  std::int64_t best_gap = -1;
  for (int attempt = 0; attempt < attempts && (best_gap < 0 || best_gap > close_ns); ++attempt) {
    const std::int64_t before = boot_ns();
    const std::int64_t wall = read_ns(CLOCK_REALTIME);
    const std::int64_t gap = boot_ns() - before;
    if (best_gap >= 0 && gap >= best_gap) continue;
    best_gap = gap;
    best.wall_ns = wall;
    best.boot_ns = before + gap / 2;
  }
  best.synchronized = is_synchronized(best.wall_ns);
  return best;
}

} // namespace nvrhub::app
