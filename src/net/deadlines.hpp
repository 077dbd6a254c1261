#pragma once

#include <chrono>
#include <set>
#include <utility>

namespace nvrhub::net {

using MonoTime = std::chrono::steady_clock::time_point;

/// Something with a time at which it wants to be looked at. Lives on one I/O thread.
class Deadline {
public:
  /// `now` is past the time that was asked for. Called on the I/O thread, outside of any other handler of its own; may
  /// set a new time, or destroy the object.
  virtual void on_deadline(MonoTime now) = 0;

protected:
  ~Deadline() = default;
};

/// The deadlines of one I/O thread's connections. A connection that shows life does not touch it: it asks again when
/// its time comes, so that a frame costs nothing here.
class Deadlines {
public:
  /// Replaces `what`'s earlier time. From within on_deadline, `at` must lie after its `now`.
  void set(Deadline& what, MonoTime at);
  void clear(Deadline& what);
  /// Calls on_deadline of everything due.
  void run(MonoTime now);

private:
  std::set<std::pair<MonoTime, Deadline*>> by_time_;
  std::set<std::pair<Deadline*, MonoTime>> by_owner_;
};

} // namespace nvrhub::net
