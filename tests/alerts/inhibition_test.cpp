#include "alerts/support/harness.hpp"

using namespace alerts_test;

namespace {

std::vector<Rule> three_levels() {
  Rule site = rule("site", Level::site, When::offline, 30 * sec);
  site.at_least = 2;
  return {rule("down", Level::nvr, When::offline, 2 * minute), rule("cam", Level::camera, When::not_online, 0), site};
}

Harness two_nvrs(std::vector<Rule> rules, std::vector<std::string> notified = {"mail"}) {
  Harness harness(std::move(rules), std::move(notified));
  harness.register_nvr(1, "a", "North", {"Gate", "Yard"});
  harness.register_nvr(2, "b", "North", {"Gate"});
  return harness;
}

} // namespace

TEST_CASE("an NVR's alert inhibits those of its cameras, also while it is pending") {
  Harness harness = two_nvrs(three_levels());
  harness.configuration.rules[1].hold_for = minute;
  harness.configure(harness.configuration.rules);
  harness.cameras(1, {{"Gate", "video_loss"}});
  harness.at(30 * sec);
  harness.nvr_offline(1);
  harness.at(minute);
  CHECK(harness.last().silence == Silence::inhibited);
  CHECK(harness.last().inhibited_by == harness.find("down", 1)->id);
  CHECK(harness.find("down", 1)->state == State::pending);
  CHECK(harness.lines() == Lines{"60 fired cam a/Gate"});
}

TEST_CASE("when the cause ends and a camera persists, it is announced then, with its true start") {
  Harness harness = two_nvrs(three_levels());
  harness.nvr_offline(1);
  harness.at(5 * minute);
  harness.nvr_online(1, {{"Yard", "online"}}); // Gate is still offline
  harness.at(10 * minute);
  CHECK(harness.log[2].alert.begun == start);
  CHECK(harness.lines() == Lines{"120 fired down a > mail", "300 fired cam a/Gate", "360 resolved down a > mail",
                                 "360 announced cam a/Gate > mail"});
}

TEST_CASE("when a pending cause ends, what it inhibited is announced") {
  std::vector<Rule> rules = three_levels();
  rules[1].hold_for = minute;
  Harness harness = two_nvrs(rules);
  harness.cameras(1, {{"Gate", "offline"}});
  harness.at(30 * sec);
  harness.nvr_offline(1);
  harness.at(90 * sec);
  harness.nvr_online(1, {{"Yard", "online"}});
  CHECK(harness.lines() == Lines{"60 fired cam a/Gate", "90 announced cam a/Gate > mail"});
}

TEST_CASE("cameras that fall with their NVR get no alerts of their own") {
  Harness harness = two_nvrs(three_levels());
  harness.nvr_offline(1);
  harness.at(hour);
  CHECK(harness.lines() == Lines{"120 fired down a > mail"});
  CHECK(harness.stored.alerts.size() == 1);
}

TEST_CASE("cameras that fall with their NVR fire if no rule covers the NVR") {
  std::vector<Rule> rules{rule("cam", Level::camera, When::not_online, minute)};
  SECTION("there is no rule for NVRs") {}
  SECTION("it is for other NVRs") {
    rules.push_back(rule("down", Level::nvr, When::offline, 0));
    rules[1].filter.hostnames = {{"b"}};
  }
  SECTION("it is for conflicts") {
    rules.push_back(rule("fight", Level::nvr, When::conflict, 0));
  }
  Harness harness = two_nvrs(rules);
  harness.at(10 * sec);
  harness.nvr_offline(1);
  harness.at(2 * minute);
  CHECK(sorted(harness.lines()) == Lines{"70 fired cam a/Gate > mail", "70 fired cam a/Yard > mail"});
}

TEST_CASE("an alert inhibits only on channels that it notifies") {
  std::vector<Rule> rules = three_levels();
  rules[0].notify = {{"mail"}};
  rules[1].notify = {{"mail", "pager"}};
  Harness harness = two_nvrs(rules, {"mail", "pager"});
  harness.nvr_offline(1);
  harness.at(3 * minute);
  CHECK(harness.lines() ==
        Lines{"0 fired cam a/Gate > pager", "0 fired cam a/Yard > pager", "120 fired down a > mail"});
  harness.nvr_online(1, {{"Yard", "online"}});
  harness.at(4 * minute);
  CHECK(harness.lines() ==
        Lines{"240 resolved down a > mail", "240 announced cam a/Gate > mail", "240 resolved cam a/Yard > pager"});
}

TEST_CASE("a site's alert inhibits those of its NVRs, and what persists is announced when it resolves") {
  Harness harness = two_nvrs(three_levels());
  harness.nvr_offline(1);
  harness.nvr_offline(2);
  harness.at(10 * minute);
  CHECK(sorted(harness.lines()) == Lines{"120 fired down a", "120 fired down b", "30 fired site North > mail"});
  harness.nvr_online(2, {{"Gate", "online"}});
  harness.at(20 * minute);
  CHECK(harness.log[1].alert.begun == start);
  const Lines lines = harness.lines();
  CHECK(std::count(lines.begin(), lines.end(), "660 resolved site North > mail") == 1);
  CHECK(std::count(lines.begin(), lines.end(), "660 announced down a > mail") == 1);
  CHECK(std::count(lines.begin(), lines.end(), "660 resolved down b") == 1); // never announced: silent
  CHECK(lines.size() == 3);
}

TEST_CASE("the record of an alert without channels names its cause only while that is active") {
  Harness harness = two_nvrs(three_levels(), {});
  harness.nvr_offline(1);
  harness.nvr_offline(2);
  harness.at(10 * minute);
  CHECK(harness.shown("down", 1).inhibited_by != 0);
  harness.nvr_online(2, {{"Gate", "online"}});
  harness.at(20 * minute);
  CHECK(harness.shown("down", 1).inhibited_by == 0);
  CHECK(harness.shown("down", 1).alert.state == State::firing);
}

TEST_CASE("an offline NVR says nothing of its cameras: their alerts stay") {
  Rule lost = rule("lost", Level::camera, When::status, 0);
  lost.statuses = {status("video_loss")};
  std::vector<Rule> rules = three_levels();
  rules[1] = lost;
  Harness harness = two_nvrs(rules);
  harness.cameras(1, {{"Gate", "video_loss"}});
  harness.at(minute);
  harness.nvr_offline(1);
  harness.at(10 * minute);
  CHECK(harness.find("lost", 1, "Gate")->ended == 0);
  harness.nvr_online(1, {{"Gate", "video_loss"}, {"Yard", "online"}});
  harness.at(20 * minute);
  CHECK(harness.lines() ==
        Lines{"0 fired lost a/Gate > mail", "180 fired down a > mail", "660 resolved down a > mail"});
}

TEST_CASE("an alert without channels is silent, and is announced when a channel exists") {
  Harness harness = two_nvrs(three_levels(), {});
  harness.nvr_offline(1);
  harness.at(5 * minute);
  CHECK(harness.last().silence == Silence::no_channel);
  CHECK(harness.lines() == Lines{"120 fired down a"});
  harness.configure(three_levels(), {"mail"});
  CHECK(harness.lines() == Lines{"300 announced down a > mail"});
}

TEST_CASE("an NVR that moves away from a site that is down is announced") {
  Harness harness = two_nvrs(three_levels());
  harness.register_nvr(3, "c", "North");
  for (fleet::NvrId id = 1; id <= 3; ++id)
    harness.nvr_offline(id);
  harness.at(5 * minute);
  harness.lines();
  harness.register_nvr(3, "c", "South");
  CHECK(harness.lines() == Lines{"300 announced down c > mail"});
}
