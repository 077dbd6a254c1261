#include "alerts/support/harness.hpp"

using namespace alerts_test;

namespace {

Harness with_rule(fleet::WallMillis hold_for) {
  Harness harness(
      {rule("down", Level::nvr, When::offline, hold_for), rule("cam", Level::camera, When::not_online, hold_for)});
  harness.register_nvr(1, "a", "North", {"Gate"});
  return harness;
}

} // namespace

TEST_CASE("time in which the server did not run counts for no condition") {
  Harness harness = with_rule(2 * minute);
  harness.nvr_offline(1);
  harness.at(minute);
  harness.restart(10 * minute, 90 * sec);
  harness.at(12 * minute - 1);
  CHECK(harness.lines().empty());
  harness.at(12 * minute);
  CHECK(harness.lines() == Lines{"720 fired down a > mail"});
  CHECK(harness.find("down", 1)->begun == start);
}

TEST_CASE("time in which the server did not run does not count for keep") {
  Harness harness = with_rule(0);
  harness.nvr_offline(1);
  harness.at(minute);
  harness.nvr_online(1, {{"Gate", "online"}});
  harness.at(minute + 30 * sec);
  harness.restart(hour, 0);
  harness.pass(30 * sec - 1);
  CHECK(harness.find("down", 1)->state == State::firing);
  harness.pass(1);
  CHECK(harness.find("down", 1)->state == State::resolved);
}

TEST_CASE("a frozen process and a clock that leaps ahead count for no condition") {
  Harness harness = with_rule(2 * minute);
  harness.nvr_offline(1);
  harness.at(minute);
  harness.engine->unobserved(harness.now, harness.now + 24 * hour);
  harness.collect();
  harness.at(24 * hour + 2 * minute - 1);
  CHECK(harness.lines().empty());
  harness.pass(1);
  CHECK(harness.lines() == Lines{"86520 fired down a > mail"});
}

TEST_CASE("nothing fires for an unconfirmed NVR before the restart grace ends") {
  Harness harness = with_rule(2 * minute);
  harness.cameras(1, {{"Gate", "video_loss"}});
  harness.at(minute);
  harness.restart(10 * sec, 5 * minute); // until 370 s
  harness.at(370 * sec);
  CHECK(harness.lines().empty());
  SECTION("it stays away") {
    harness.nvr_offline(1);
    harness.at(490 * sec); // the minute that was left of the camera, and the 2 minutes of the NVR
    CHECK(harness.lines() == Lines{"430 fired cam a/Gate", "490 fired down a > mail"});
  }
  SECTION("it comes back at the end") {
    harness.at(500 * sec);
    CHECK(harness.lines() == Lines{"430 fired cam a/Gate > mail"});
  }
}

TEST_CASE("the time until an NVR is confirmed does not count for its cameras") {
  Harness harness = with_rule(2 * minute);
  harness.cameras(1, {{"Gate", "video_loss"}});
  harness.at(minute);
  harness.restart(10 * sec, 5 * minute);
  harness.at(100 * sec); // 30 s after the start
  SECTION("by its auth") {
    harness.confirm(1);
  }
  SECTION("by an event") {
    harness.cameras(1, {{"Gate", "unauthorized"}});
  }
  SECTION("by an event after another crash within the grace") {
    harness.restart(0, 5 * minute);
    harness.at(110 * sec);
    harness.cameras(1, {{"Gate", "unauthorized"}});
    harness.at(170 * sec);
    CHECK(harness.lines() == Lines{"170 fired cam a/Gate > mail"});
    return;
  }
  harness.at(160 * sec);
  CHECK(harness.lines() == Lines{"160 fired cam a/Gate > mail"});
}

TEST_CASE("a camera whose status is set by hand does not confirm its NVR") {
  Harness harness = with_rule(minute);
  harness.restart(0, 5 * minute);
  fleet::Event event;
  event.seq = harness.engine->position().seq + 1;
  event.at = harness.now;
  event.kind = fleet::Kind::cameras;
  event.nvr_id = 1;
  event.cameras.push_back({"Gate", status("offline"), fleet::Source::manual});
  harness.apply(event);
  harness.at(6 * minute - 1);
  CHECK(harness.lines().empty());
  harness.pass(1);
  CHECK(harness.lines() == Lines{"360 fired cam a/Gate > mail"});
}

TEST_CASE("what was decided and not written is decided again after a crash, with the same ids") {
  Harness harness = with_rule(minute);
  const Stored before = harness.stored;
  std::vector<fleet::Event> events;
  const auto record = [&] { events.push_back(harness.last_event); };
  harness.at(10 * sec);
  harness.nvr_offline(1);
  record();
  harness.at(3 * minute);
  harness.nvr_online(1); // Gate is still offline
  record();
  harness.at(10 * minute);
  const std::vector<Transition> first = harness.log;
  REQUIRE(first.size() == 4); // fired down, fired cam, resolved down, announced cam

  Engine again;
  fleet::Fleet fleet = before.fleet;
  again.restore(before.snapshot(), harness.configuration, {}, Harness::each_of(fleet));
  for (const fleet::Event& event : events) {
    fleet::apply(fleet, event);
    again.apply(event, [&] { return std::optional(fleet.at(1)); });
  }
  again.advance(harness.now);
  std::vector<Transition> second = again.take_transitions();
  std::erase_if(second, [](const Transition& t) { return !is_logged(t.change); });
  REQUIRE(second.size() == first.size());
  for (std::size_t i = 0; i < first.size(); ++i) {
    CHECK(second[i].alert.id == first[i].alert.id);
    CHECK(second[i].change == first[i].change);
    CHECK(second[i].at == first[i].at);
    CHECK(second[i].announce == first[i].announce);
  }
  CHECK(again.snapshot() == harness.engine->snapshot());
}

TEST_CASE("an event that is older than a deadline that has passed bears its own time") {
  Harness harness = with_rule(minute);
  harness.at(minute);
  harness.nvr_offline(1);
  harness.at(2 * minute + 5);
  fleet::Event event;
  event.seq = harness.engine->position().seq + 1;
  event.at = start + 2 * minute - 5;
  event.kind = fleet::Kind::nvr_online;
  event.nvr_id = 1;
  event.cameras.push_back({"Gate", status("online")});
  harness.apply(event);
  CHECK(harness.find("down", 1)->ended == event.at);
  harness.at(10 * minute);
  CHECK(harness.find("down", 1)->resolved == event.at + minute);
}
