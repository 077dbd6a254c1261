#include "alerts/support/harness.hpp"

using namespace alerts_test;

namespace {

Harness one_down(fleet::WallMillis hold_for) {
  Harness harness({rule("down", Level::nvr, When::offline, hold_for)});
  harness.register_nvr(1, "a", "North", {"Gate", "Yard"});
  harness.nvr_offline(1);
  harness.at(5 * minute);
  return harness;
}

} // namespace

TEST_CASE("a new rule begins when it is set") {
  Harness harness = one_down(0);
  harness.lines();
  std::vector<Rule> rules = harness.configuration.rules;
  rules.push_back(rule("late", Level::nvr, When::not_online, minute));
  harness.configure(rules);
  harness.at(hour);
  CHECK(harness.lines() == Lines{"360 fired late a > mail"});
  CHECK(harness.find("late", 1)->begun == start + 5 * minute);
}

TEST_CASE("alerts continue under a rule of the same name") {
  Harness harness = one_down(10 * minute);
  const AlertId id = harness.find("down", 1)->id;
  std::vector<Rule> rules{rule("other", Level::camera, When::not_online, 0),
                          rule("down", Level::nvr, When::offline, 6 * minute)};
  harness.configure(rules);
  harness.at(7 * minute);
  CHECK(harness.find("down", 1)->id == id);
  CHECK(harness.lines() == Lines{"360 fired down a > mail"});
}

TEST_CASE("the alerts of a rule that is gone resolve, and what they inhibited is announced") {
  Harness harness({rule("down", Level::nvr, When::offline, 0), rule("cam", Level::camera, When::not_online, 0)});
  harness.register_nvr(1, "a", "North", {"Gate", "Yard"});
  harness.nvr_offline(1);
  harness.at(minute);
  harness.configure({rule("cam", Level::camera, When::not_online, 0)});
  CHECK(sorted(harness.lines()) == Lines{"0 fired down a > mail", "60 fired cam a/Gate > mail",
                                         "60 fired cam a/Yard > mail", "60 resolved down a > mail"});
  CHECK(harness.find("down", 1) == nullptr);
}

TEST_CASE("a rule of the same name for something else is a new one") {
  Harness harness = one_down(0);
  harness.configure({rule("down", Level::camera, When::not_online, 0)});
  CHECK(sorted(harness.lines()) == Lines{"0 fired down a > mail", "300 fired down a/Gate > mail",
                                         "300 fired down a/Yard > mail", "300 resolved down a > mail"});
}

TEST_CASE("a filter that no longer matches ends the condition") {
  Harness harness = one_down(0);
  std::vector<Rule> rules = harness.configuration.rules;
  rules[0].filter.sites = {{"South"}};
  harness.configure(rules);
  harness.at(7 * minute);
  CHECK(harness.lines() == Lines{"0 fired down a > mail", "360 resolved down a > mail"});
}

TEST_CASE("channels that change their order keep what was announced") {
  Harness harness = one_down(0);
  harness.lines();
  harness.configure(harness.configuration.rules, {"pager", "mail"});
  CHECK(harness.lines() == Lines{"300 announced down a > pager"});
  CHECK(harness.find("down", 1)->announced == 3);
  harness.configure(harness.configuration.rules, {"mail"});
  CHECK(harness.lines().empty());
  CHECK(harness.find("down", 1)->announced == 1);
}

TEST_CASE("a new time between reminders counts from the last message") {
  std::vector<Rule> rules{rule("down", Level::nvr, When::offline, 0)};
  rules[0].remind = hour;
  Harness harness(rules);
  harness.register_nvr(1, "a", "");
  harness.nvr_offline(1);
  harness.at(5 * minute);
  rules[0].remind = 10 * minute;
  harness.configure(rules);
  harness.at(15 * minute);
  CHECK(harness.lines() == Lines{"0 fired down a > mail", "600 reminded down a > mail"});
}
