#pragma once

#include <chrono>
#include <set>
#include <utility>

namespace nvrhub::net {

using MonoTime = std::chrono::steady_clock::time_point;

/// The target of a timer. Lives on one I/O thread.
class TimerTarget {
public:
  /// The timer has expired. Called on the I/O thread, not from within another handler of this object; may set a new
  /// time or destroy the object.
  virtual void on_timer(MonoTime now) = 0;

protected:
  ~TimerTarget() = default;
};

/// The timers of one I/O thread's connections. A sign of life does not move a timer: its target sets a new time when it
/// fires, so a received frame costs nothing here.
class TimerQueue {
public:
  /// Replaces the earlier time of `what`. From within on_timer(), `at` must be later than its `now`.
  void set(TimerTarget& what, MonoTime at);
  void clear(TimerTarget& what);
  /// Moves all times: the server did not run for `by`, which must not count against its peers.
  void postpone(MonoTime::duration by);
  /// Calls on_timer() of each target whose time has passed.
  void run(MonoTime now);

private:
  std::set<std::pair<MonoTime, TimerTarget*>> by_time_;
  std::set<std::pair<TimerTarget*, MonoTime>> by_owner_;
};

} // namespace nvrhub::net
