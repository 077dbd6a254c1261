#include "alerts/support/harness.hpp"

using namespace alerts_test;

namespace {

Harness one_nvr(fleet::WallMillis hold_for = 2 * minute, fleet::WallMillis keep = minute) {
  Harness harness({rule("down", Level::nvr, When::offline, hold_for, keep)});
  harness.register_nvr(1, "NVR-1", "North", {"Gate", "Yard"});
  return harness;
}

} // namespace

TEST_CASE("an alert fires when its condition has held for the time of the rule") {
  Harness harness = one_nvr();
  harness.at(10 * sec);
  harness.nvr_offline(1);
  CHECK(harness.find("down", 1)->state == State::pending);
  CHECK(harness.engine->next_deadline() == start + 130 * sec);
  harness.at(130 * sec - 1);
  CHECK(harness.lines().empty());
  harness.at(300 * sec); // late: the times are those of the deadline
  const Alert alert = *harness.find("down", 1);
  CHECK(alert.state == State::firing);
  CHECK(alert.begun == start + 10 * sec);
  CHECK(alert.fired == start + 130 * sec);
  CHECK(harness.log.front().at == alert.fired);
  CHECK(harness.log.front().hostname == "NVR-1");
  CHECK(harness.log.front().site == "North");
  CHECK(harness.lines() == Lines{"130 fired down NVR-1 > mail"});
}

TEST_CASE("a condition that breaks begins anew") {
  Harness harness = one_nvr();
  for (const fleet::WallMillis begin : {0 * sec, 119 * sec, 230 * sec}) {
    harness.at(begin);
    harness.nvr_offline(1);
    harness.at(begin + 100 * sec);
    harness.nvr_online(1);
    CHECK(harness.find("down", 1) == nullptr);
  }
  harness.at(hour);
  CHECK(harness.lines().empty());
}

TEST_CASE("with a time of 0 an alert fires with its event") {
  Harness harness = one_nvr(0);
  harness.at(5 * sec);
  harness.nvr_offline(1);
  CHECK(harness.lines() == Lines{"5 fired down NVR-1 > mail"});
}

TEST_CASE("an alert resolves when the condition has been gone for keep") {
  Harness harness = one_nvr();
  harness.nvr_offline(1);
  harness.at(5 * minute);
  const AlertId id = harness.find("down", 1)->id;
  harness.nvr_online(1);
  CHECK(harness.find("down", 1)->state == State::firing);
  harness.at(6 * minute - 1);
  CHECK(harness.lines() == Lines{"120 fired down NVR-1 > mail"});
  harness.at(7 * minute);
  const Alert& alert = *harness.find("down", 1);
  CHECK(alert.id == id);
  CHECK(alert.state == State::resolved);
  CHECK(alert.ended == start + 5 * minute);
  CHECK(alert.resolved == start + 6 * minute);
  CHECK(harness.lines() == Lines{"360 resolved down NVR-1 > mail"});
}

TEST_CASE("the ids of alerts differ, and are the same for the same history") {
  std::vector<AlertId> ids;
  for (int i = 0; i < 2; ++i) {
    Harness harness = one_nvr(0);
    harness.nvr_offline(1);
    ids.push_back(harness.find("down", 1)->id);
    harness.at(minute);
    harness.nvr_online(1);
    harness.at(5 * hour);
    harness.nvr_offline(1);
    ids.push_back(harness.find("down", 1)->id);
  }
  CHECK(ids[0] == ids[2]);
  CHECK(ids[1] == ids[3]);
  CHECK(ids[0] != ids[1]);
}

TEST_CASE("each condition of a camera") {
  Rule lost = rule("lost", Level::camera, When::status, 0);
  lost.statuses = {status("video_loss"), status("unauthorized")};
  Harness harness(
      {rule("any", Level::camera, When::not_online, 0), rule("off", Level::camera, When::offline, 0), lost});
  harness.register_nvr(1, "NVR-1", "", {"Gate"});
  harness.at(1 * sec);
  harness.cameras(1, {{"Gate", "video_loss"}});
  CHECK(harness.lines() == Lines{"1 fired any NVR-1/Gate > mail", "1 fired lost NVR-1/Gate > mail"});
  harness.at(2 * sec);
  harness.cameras(1, {{"Gate", "unauthorized"}}); // still in the list: no break
  CHECK(harness.lines().empty());
  CHECK(harness.find("lost", 1, "Gate")->ended == 0);
  harness.cameras(1, {{"Gate", "offline"}});
  CHECK(harness.find("lost", 1, "Gate")->ended != 0);
  CHECK(harness.find("any", 1, "Gate")->ended == 0);
  harness.lines();
  harness.cameras(1, {{"Gate", "online"}});
  for (const char* name : {"any", "off", "lost"})
    CHECK(harness.find(name, 1, "Gate")->ended == start + 2 * sec);
}

TEST_CASE("a conflict holds for 10 minutes after its last event") {
  Harness harness({rule("fight", Level::nvr, When::conflict, 0, minute)});
  harness.register_nvr(1, "NVR-1", "");
  harness.conflict(1);
  harness.at(6 * minute);
  harness.conflict(1);
  harness.at(hour);
  CHECK(harness.lines() == Lines{"0 fired fight NVR-1 > mail", "1020 resolved fight NVR-1 > mail"});
  CHECK(harness.stored.alerts.size() == 1); // kept for an hour to detect a return
  harness.at(2 * hour);
  CHECK(harness.stored.alerts.empty());
}

TEST_CASE("a site alert counts the NVRs of its site that the filter matches") {
  Rule site = rule("site", Level::site, When::offline, 30 * sec);
  site.share = 5'000;
  site.at_least = 2;
  site.filter.hostnames = {{"a", "b", "c", "d"}};
  Harness harness({site});
  for (fleet::NvrId id = 1; id <= 5; ++id)
    harness.register_nvr(id, std::string(1, static_cast<char>('a' + id - 1)), "North");
  harness.register_nvr(6, "a2", "South");
  harness.nvr_offline(1);
  harness.nvr_offline(5); // not matched
  harness.nvr_offline(6); // another site
  harness.at(minute);
  CHECK(harness.stored.alerts.empty());
  harness.nvr_offline(2);
  harness.at(2 * minute);
  CHECK(harness.lines() == Lines{"90 fired site North > mail"});
  harness.nvr_online(1);
  harness.at(4 * minute);
  CHECK(harness.lines() == Lines{"180 resolved site North > mail"});
}

TEST_CASE("NVRs without a site make no site alert") {
  Harness harness({rule("site", Level::site, When::offline, 0)});
  harness.register_nvr(1, "NVR-1", "");
  harness.nvr_offline(1);
  CHECK(harness.stored.alerts.empty());
}

TEST_CASE("an NVR that moves is counted in its new site") {
  Rule site = rule("site", Level::site, When::offline, 0, sec);
  Harness harness({site});
  harness.register_nvr(1, "NVR-1", "North");
  harness.nvr_offline(1);
  harness.at(10 * sec);
  harness.register_nvr(1, "NVR-1", "South");
  harness.at(20 * sec);
  CHECK(harness.lines() ==
        Lines{"0 fired site North > mail", "10 fired site South > mail", "11 resolved site North > mail"});
}

TEST_CASE("the alerts of a removed NVR or camera resolve at once") {
  Harness harness({rule("down", Level::nvr, When::offline, 0), rule("cam", Level::camera, When::not_online, 0)});
  harness.register_nvr(1, "NVR-1", "North", {"Gate", "Yard"});
  harness.cameras(1, {{"Gate", "offline"}, {"Yard", "offline"}});
  harness.at(5 * sec);
  harness.register_nvr(1, "NVR-1", "North", {"Yard"});
  harness.nvr_offline(1);
  harness.lines();
  harness.at(6 * sec);
  harness.remove(1);
  CHECK(harness.lines() == Lines{"6 resolved down NVR-1 > mail", "6 resolved cam NVR-1/Yard > mail"});
  CHECK(harness.stored.alerts.empty());
  CHECK_FALSE(harness.engine->next_deadline().has_value());
}

TEST_CASE("events of other kinds and of unknown NVRs have no effect") {
  Harness harness = one_nvr(0);
  fleet::Event event;
  event.seq = 100;
  event.at = harness.now;
  event.kind = fleet::Kind::admin;
  harness.apply(event);
  event.kind = fleet::Kind::nvr_offline;
  event.seq = 101;
  event.nvr_id = 77;
  harness.apply(event);
  CHECK(harness.stored.alerts.empty());
  CHECK(harness.engine->position().seq == 101);
}

TEST_CASE("a rule applies to what its filter matches, all lists together") {
  Rule cam = rule("cam", Level::camera, When::not_online, 0);
  cam.filter.sites = {{"North"}};
  cam.filter.hostnames = {{"a", "b"}};
  cam.filter.cameras = {{"Gate*", "Yard-?"}};
  Harness harness({cam});
  harness.register_nvr(1, "a", "North", {"Gate-1", "Hall", "Yard-1", "Yard-10"});
  harness.register_nvr(2, "b", "South", {"Gate-1"});
  harness.register_nvr(3, "c", "North", {"Gate-1"});
  harness.cameras(1, {{"Gate-1", "offline"}, {"Hall", "offline"}, {"Yard-1", "offline"}, {"Yard-10", "offline"}});
  harness.cameras(2, {{"Gate-1", "offline"}});
  harness.cameras(3, {{"Gate-1", "offline"}});
  CHECK(harness.lines() == Lines{"0 fired cam a/Gate-1 > mail", "0 fired cam a/Yard-1 > mail"});
  harness.at(sec);
  harness.register_nvr(1, "z", "North", {"Gate-1", "Hall", "Yard-1", "Yard-10"}); // renamed: the filter ends its alerts
  CHECK(harness.find("cam", 1, "Gate-1")->ended == start + sec);
}
