#pragma once

#include <chrono>

namespace nvrhub::log {

/// CLOCK_BOOTTIME: does not jump, and goes on while the machine sleeps, as the lease does at the engine.
struct BootClock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<BootClock>;
  static constexpr bool is_steady = true;

  static time_point now() noexcept;
};

} // namespace nvrhub::log
