#include "net/reactor/pause_detector.hpp"

#include <algorithm>
#include <ctime>
#include <utility>

namespace nvrhub::net {

std::chrono::nanoseconds PauseDetector::boot_time() {
  timespec time{};
  ::clock_gettime(CLOCK_BOOTTIME, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

MonoTime::duration PauseDetector::check(MonoTime due, MonoTime now, std::chrono::nanoseconds boot_time) {
  const std::chrono::nanoseconds asleep = boot_time - now.time_since_epoch();
  const std::chrono::nanoseconds before = std::exchange(asleep_, asleep);
  const std::chrono::nanoseconds suspended =
      before.count() < 0 ? before.zero() : std::max(asleep - before, before.zero());
  const MonoTime::duration pause = std::max(now - due, MonoTime::duration::zero()) + suspended;
  if (pause < at_least_) return MonoTime::duration::zero();
  resumed_at_ = now;
  return pause;
}

} // namespace nvrhub::net
