#pragma once

#include <chrono>

#include "net/reactor/timer_queue.hpp"

namespace nvrhub::net {

/// Notices that this process did not run: stopped (SIGSTOP), starved, in a suspended machine or a paused virtual one.
/// Peers were not silent meanwhile: the server did not listen (protocol.md, "Times").
///
/// THREADS: one. UNITS: monotonic time, which stands still while the machine is suspended; CLOCK_BOOTTIME goes on.
class PauseDetector {
public:
  explicit PauseDetector(MonoTime::duration at_least) : at_least_(at_least) {}

  /// REQUIRES: called at short, regular intervals. `due`: when this call should have come. Returns how long the process
  /// did not run before this call; zero if that was shorter than `at_least`.
  MonoTime::duration check(MonoTime due, MonoTime now) { return check(due, now, boot_time()); }
  MonoTime::duration check(MonoTime due, MonoTime now, std::chrono::nanoseconds boot_time);

  /// The end of the last pause; the epoch of the clock if there was none.
  MonoTime resumed_at() const { return resumed_at_; }

  static std::chrono::nanoseconds boot_time();

private:
  MonoTime::duration at_least_;
  MonoTime resumed_at_{};
  std::chrono::nanoseconds asleep_{-1}; // time that the machine was suspended since it booted; -1: not known yet
};

} // namespace nvrhub::net
