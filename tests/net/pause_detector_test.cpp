#include <catch2/catch.hpp>

#include "net/reactor/pause_detector.hpp"

using namespace nvrhub::net;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

namespace {

const MonoTime booted{};
const MonoTime due = booted + hours(5);

/// CLOCK_BOOTTIME, if the machine has been suspended for `asleep` since it booted.
nanoseconds boot_clock(MonoTime now, nanoseconds asleep = nanoseconds::zero()) {
  return now.time_since_epoch() + asleep;
}

} // namespace

TEST_CASE("pause detector: a late call is a pause, a slightly late one is none") {
  PauseDetector detector(seconds(1));
  CHECK(detector.check(due, due + milliseconds(999), boot_clock(due)) == MonoTime::duration::zero());
  CHECK(detector.resumed_at() == MonoTime{});
  CHECK(detector.check(due, due + seconds(7), boot_clock(due + seconds(7))) == seconds(7));
  CHECK(detector.resumed_at() == due + seconds(7));
}

TEST_CASE("pause detector: a suspended machine is a pause, although the monotonic clock stood still") {
  PauseDetector detector(seconds(1));
  CHECK(detector.check(due, due, boot_clock(due, hours(3))) == MonoTime::duration::zero()); // before this process
  const MonoTime next = due + milliseconds(50);
  CHECK(detector.check(next, next, boot_clock(next, hours(11))) == hours(8));
  CHECK(detector.resumed_at() == next);
  CHECK(detector.check(next, next, boot_clock(next, hours(11))) == MonoTime::duration::zero()); // only once
}

TEST_CASE("pause detector: a call before its time is no pause") {
  PauseDetector detector(seconds(1));
  CHECK(detector.check(due, due - seconds(3), boot_clock(due)) == MonoTime::duration::zero());
}
