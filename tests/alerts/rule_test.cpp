#include "alerts/support/harness.hpp"

using namespace alerts_test;

TEST_CASE("a glob matches with * and ?") {
  struct Row {
    const char* glob;
    const char* text;
    bool matches;
  };
  const Row rows[] = {
      {"", "", true},
      {"", "a", false},
      {"*", "", true},
      {"*", "Gate", true},
      {"?", "", false},
      {"?", "a", true},
      {"?", "ab", false},
      {"Gate*", "Gate-1", true},
      {"Gate*", "gate-1", false},
      {"*-1", "Gate-1", true},
      {"*-1", "Gate-11", false},
      {"G*e-?", "Gate-1", true},
      {"*a*b*", "xxaxxbxx", true},
      {"*a*b*", "xxbxxaxx", false},
      {"a*a*a", "aa", false},
      {"**", "x", true},
      {"?", "\xC3\xA9", true},
      {"??", "\xC3\xA9", false},
      {"*?", "\xC3\xA9", true},
      {"[a]", "a", false},
      {"caf?-*", "caf\xC3\xA9-1", true},
  };
  for (const Row& row : rows) {
    INFO(row.glob << " / " << row.text);
    CHECK(glob_matches(row.glob, row.text) == row.matches);
  }
}

TEST_CASE("a glob of many stars takes no exponential time") {
  std::string glob;
  for (int i = 0; i < 100; ++i)
    glob += "*a";
  CHECK_FALSE(glob_matches(glob + "b", std::string(200, 'a')));
}

TEST_CASE("a site rule compares share and count exactly") {
  Rule site = rule("site", Level::site, When::offline, 0);
  site.share = 3'000;
  site.at_least = 3;
  CHECK_FALSE(site.holds_for_site(2, 2));
  CHECK(site.holds_for_site(3, 10));
  CHECK_FALSE(site.holds_for_site(3, 11));
  CHECK(site.holds_for_site(3'000'000, 10'000'000));
  CHECK_FALSE(site.holds_for_site(0, 0));
}

TEST_CASE("the default rules") {
  const std::vector<Rule> rules = default_rules();
  REQUIRE(rules.size() == 3);
  CHECK((rules[0].name == "nvr-offline" && rules[0].hold_for == 2 * minute && rules[0].severity == Severity::critical));
  CHECK((rules[1].name == "camera-not-online" && rules[1].hold_for == 5 * minute));
  CHECK((rules[1].level == Level::camera && rules[1].severity == Severity::warning));
  CHECK((rules[2].name == "site-down" && rules[2].hold_for == 30 * sec && rules[2].share == 5'000));
  CHECK((rules[2].at_least == 3 && rules[2].severity == Severity::critical));
  for (const Rule& each : rules)
    CHECK((!each.notify && each.keep == minute && each.remind == 0));
}
