#include "alerts/support/harness.hpp"

using namespace alerts_test;

namespace {

/// The first time after now at which the alert is resolved, in seconds after its condition ended.
fleet::WallMillis time_to_resolve(Harness& harness) {
  const fleet::WallMillis ended = harness.now;
  harness.nvr_online(1);
  harness.pass(20 * minute);
  return (harness.find("down", 1)->resolved - ended) / sec;
}

Harness fired(fleet::WallMillis keep = minute) {
  Harness harness({rule("down", Level::nvr, When::offline, 0, keep)});
  harness.register_nvr(1, "NVR-1", "");
  harness.nvr_offline(1);
  harness.pass(minute);
  return harness;
}

} // namespace

TEST_CASE("each return within an hour doubles keep, up to 15 minutes") {
  Harness harness = fired();
  for (const fleet::WallMillis expected : {60, 120, 240, 480, 900, 900}) {
    CHECK(time_to_resolve(harness) == expected);
    harness.nvr_offline(1);
    harness.pass(minute);
  }
}

TEST_CASE("a keep of more than 15 minutes is not shortened by returns") {
  Harness harness = fired(19 * minute);
  CHECK(time_to_resolve(harness) == 19 * 60);
  harness.nvr_offline(1);
  harness.pass(minute);
  CHECK(time_to_resolve(harness) == 19 * 60);
}

TEST_CASE("after an hour without the condition a return counts as the first") {
  Harness harness = fired();
  harness.nvr_online(1);
  harness.pass(hour - 1);
  harness.nvr_offline(1);
  CHECK(harness.find("down", 1)->is_flapping());
  harness.pass(minute);
  harness.nvr_online(1);
  harness.pass(hour);
  harness.nvr_offline(1);
  CHECK_FALSE(harness.find("down", 1)->is_flapping());
}

TEST_CASE("a condition that comes back before keep has passed continues its alert") {
  Harness harness = fired();
  const AlertId id = harness.find("down", 1)->id;
  harness.lines();
  for (int i = 0; i < 5; ++i) {
    harness.nvr_online(1);
    harness.pass(59 * sec);
    harness.nvr_offline(1);
    harness.pass(59 * sec);
  }
  CHECK(harness.find("down", 1)->id == id);
  CHECK(harness.find("down", 1)->returns == 5);
  CHECK(harness.lines().empty()); // no stream of pairs
  CHECK(time_to_resolve(harness) == 900);
}

TEST_CASE("a flapping alert bears the share of the last 10 minutes in which it was well") {
  Harness harness = fired(); // offline 0-60 s
  CHECK_FALSE(harness.last().well_share.has_value());
  harness.nvr_online(1);
  harness.pass(4 * minute); // resolved at 120 s; well until 300 s
  harness.nvr_offline(1);
  harness.pass(minute);
  CHECK(harness.last().change == Change::fired);
  CHECK(*harness.last().well_share == Approx(1 - 60.0 / 600)); // at 300 s: the minute before was offline
  harness.nvr_online(1);                                       // at 360 s; keep is 2 minutes
  harness.pass(5 * minute);
  CHECK(harness.last().change == Change::resolved);
  CHECK(*harness.last().well_share == Approx(1 - 120.0 / 600));
}

TEST_CASE("the changes that an alert remembers are limited") {
  Harness harness = fired();
  for (int i = 0; i < 200; ++i) {
    harness.nvr_online(1);
    harness.pass(sec);
    harness.nvr_offline(1);
    harness.pass(sec);
  }
  CHECK(harness.find("down", 1)->changes.size() <= 33);
  CHECK(harness.find("down", 1)->changes_truncated);
  harness.nvr_online(1);
  harness.pass(900 * sec);
  CHECK(harness.last().change == Change::resolved);
  CHECK(*harness.last().well_share == 1.0);
}
