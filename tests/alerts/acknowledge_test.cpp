#include "alerts/support/harness.hpp"

using namespace alerts_test;

namespace {

Harness reminding(fleet::WallMillis remind = 10 * minute) {
  std::vector<Rule> rules{rule("down", Level::nvr, When::offline, minute)};
  rules[0].remind = remind;
  Harness harness(rules);
  harness.register_nvr(1, "a", "North", {});
  harness.nvr_offline(1);
  return harness;
}

} // namespace

TEST_CASE("a reminder is sent for as long as an alert fires") {
  Harness harness = reminding();
  harness.at(35 * minute);
  harness.nvr_online(1);
  harness.at(2 * hour);
  CHECK(harness.lines() == Lines{"60 fired down a > mail", "660 reminded down a > mail", "1260 reminded down a > mail",
                                 "1860 reminded down a > mail", "2160 resolved down a > mail"});
}

TEST_CASE("reminders stop when an alert is acknowledged, and a resolve ends the acknowledgement") {
  Harness harness = reminding();
  harness.at(15 * minute);
  const AlertId id = harness.find("down", 1)->id;
  CHECK(harness.acknowledge("down", {1, ""}, id));
  harness.at(hour);
  CHECK(harness.find("down", 1)->acknowledged->who == "ada");
  CHECK(harness.find("down", 1)->acknowledged->note == "on it");
  CHECK(harness.find("down", 1)->acknowledged->at == start + 15 * minute);
  CHECK(harness.lines() == Lines{"60 fired down a > mail", "660 reminded down a > mail", "900 acknowledged down a"});
  harness.nvr_online(1);
  harness.at(hour + 2 * minute);
  harness.nvr_offline(1);
  harness.at(hour + 20 * minute);
  CHECK(harness.find("down", 1)->acknowledged == nullptr);
  CHECK(harness.lines() ==
        Lines{"3660 resolved down a > mail", "3780 fired down a > mail", "4380 reminded down a > mail"});
}

TEST_CASE("an acknowledgement survives a relapse") {
  Harness harness = reminding();
  harness.at(2 * minute);
  harness.acknowledge("down", {1, ""}, harness.find("down", 1)->id);
  harness.nvr_online(1);
  harness.pass(30 * sec);
  harness.nvr_offline(1);
  harness.at(hour);
  CHECK(harness.find("down", 1)->acknowledged != nullptr);
  CHECK(harness.lines() == Lines{"60 fired down a > mail", "120 acknowledged down a"});
}

TEST_CASE("what is not there cannot be acknowledged") {
  Harness harness = reminding();
  harness.at(2 * minute);
  const AlertId id = harness.find("down", 1)->id;
  CHECK_FALSE(harness.acknowledge("other", {1, ""}, id));
  CHECK_FALSE(harness.acknowledge("down", {2, ""}, id));
  CHECK_FALSE(harness.acknowledge("down", {1, ""}, id + 1));
  harness.nvr_online(1);
  harness.at(10 * minute);
  CHECK_FALSE(harness.acknowledge("down", {1, ""}, id)); // resolved
}

TEST_CASE("no reminder is sent while an alert is recovering, under maintenance or inhibited") {
  SECTION("recovering: the next one keeps its time") {
    Harness harness = reminding();
    harness.at(10 * minute + 50 * sec);
    harness.nvr_online(1);
    harness.at(11 * minute + 20 * sec);
    harness.nvr_offline(1);
    harness.at(25 * minute);
    CHECK(harness.lines() == Lines{"60 fired down a > mail", "1260 reminded down a > mail"});
  }
  SECTION("maintenance") {
    Harness harness = reminding();
    harness.at(5 * minute);
    harness.set_maintenance({{"w", "", {}, Once{start + 5 * minute, start + 15 * minute}}});
    harness.at(25 * minute);
    CHECK(harness.lines() == Lines{"60 fired down a > mail", "1260 reminded down a > mail"});
  }
  SECTION("inhibited") {
    Harness harness = reminding();
    std::vector<Rule> rules = harness.configuration.rules;
    rules.push_back(rule("site", Level::site, When::offline, 0));
    rules[1].at_least = 2;
    harness.configure(rules);
    harness.register_nvr(2, "b", "North", {});
    harness.at(5 * minute);
    harness.nvr_offline(2);
    harness.at(15 * minute);
    CHECK(harness.lines() == Lines{"60 fired down a > mail", "300 fired site North > mail", "360 fired down b"});
  }
}
