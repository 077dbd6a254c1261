#include "alerts/support/harness.hpp"

using namespace alerts_test;

namespace {

MaintenanceWindow window(fleet::WallMillis from, fleet::WallMillis to) {
  return {"w1", "new switch", {}, Once{start + from, start + to}};
}

MaintenanceWindow of_host(MaintenanceWindow window, std::vector<std::string> hostnames) {
  window.filter.hostnames = std::move(hostnames);
  return window;
}

Harness fleet_of(std::size_t nvrs, std::vector<Rule> rules) {
  Harness harness(std::move(rules));
  for (std::size_t i = 0; i < nvrs; ++i)
    harness.register_nvr(static_cast<fleet::NvrId>(i + 1), std::string(1, static_cast<char>('a' + i)), "North",
                         {"Gate"});
  return harness;
}

std::vector<Rule> down_rule() {
  return {rule("down", Level::nvr, When::offline, 0)};
}

} // namespace

TEST_CASE("under maintenance alerts go on in silence and are marked") {
  Harness harness = fleet_of(2, down_rule());
  harness.set_maintenance({of_host(window(0, hour), {"a"})});
  harness.at(minute);
  harness.nvr_offline(1);
  CHECK(harness.last().silence == Silence::maintenance);
  CHECK(harness.last().maintenance == "w1");
  harness.nvr_offline(2);
  CHECK(harness.last().maintenance.empty());
  harness.at(10 * minute);
  harness.nvr_online(1, {{"Gate", "online"}});
  harness.at(20 * minute);
  CHECK(harness.lines() == Lines{"60 fired down a", "60 fired down b > mail", "660 resolved down a"});
}

TEST_CASE("what still fires when maintenance ends is announced then, with the true start") {
  Harness harness = fleet_of(1, down_rule());
  harness.set_maintenance({window(0, hour)});
  harness.at(minute);
  harness.nvr_offline(1);
  harness.at(2 * hour);
  CHECK(harness.last().alert.begun == start + minute);
  CHECK(harness.lines() == Lines{"60 fired down a", "3600 announced down a > mail"});
}

TEST_CASE("the record of an alert names a window only while it is active") {
  const std::vector<std::string> channels = GENERATE(std::vector<std::string>{}, std::vector<std::string>{"mail"});
  Harness harness = fleet_of(1, down_rule());
  harness.configure(down_rule(), channels);
  harness.at(minute);
  harness.nvr_offline(1);
  CHECK(harness.shown("down", 1).maintenance.empty());
  harness.set_maintenance({window(2 * minute, hour)});
  harness.at(3 * minute);
  CHECK(harness.shown("down", 1).maintenance == "w1");
  harness.restart(minute, minute);
  harness.at(2 * hour);
  CHECK(harness.shown("down", 1).maintenance.empty());
  CHECK(harness.shown("down", 1).alert.state == State::firing);
}

TEST_CASE("a maintenance window does not contain its end") {
  std::vector<Rule> rules = down_rule();
  rules[0].hold_for = minute;
  Harness harness = fleet_of(1, rules);
  harness.set_maintenance({window(0, 2 * minute)});
  harness.at(minute);
  harness.nvr_offline(1);
  harness.at(hour);
  CHECK(harness.lines() == Lines{"120 fired down a > mail"});
}

TEST_CASE("maintenance can be ended now") {
  Harness harness = fleet_of(1, down_rule());
  harness.set_maintenance({window(0, hour)});
  harness.nvr_offline(1);
  harness.at(minute);
  harness.set_maintenance({});
  CHECK(harness.lines() == Lines{"0 fired down a", "60 announced down a > mail"});
}

TEST_CASE("a recovery is announced only if the failure was, also under maintenance") {
  Harness harness = fleet_of(2, down_rule());
  harness.nvr_offline(1);
  harness.set_maintenance({window(minute, hour)});
  harness.at(2 * minute);
  harness.nvr_offline(2);
  harness.last();
  harness.nvr_online(1, {{"Gate", "online"}});
  harness.nvr_online(2, {{"Gate", "online"}});
  harness.at(10 * minute);
  CHECK(sorted(harness.lines()) ==
        Lines{"0 fired down a > mail", "120 fired down b", "180 resolved down a > mail", "180 resolved down b"});
}

TEST_CASE("a window with a list of cameras concerns only these cameras") {
  Harness harness({rule("down", Level::nvr, When::offline, 0), rule("cam", Level::camera, When::not_online, 0)});
  harness.register_nvr(1, "a", "North", {"Gate-1", "Yard"});
  MaintenanceWindow cameras = window(0, hour);
  cameras.filter.cameras = {{"Gate*"}};
  harness.set_maintenance({cameras});
  harness.cameras(1, {{"Gate-1", "offline"}, {"Yard", "offline"}});
  harness.last();
  harness.nvr_offline(1);
  CHECK(sorted(harness.lines()) == Lines{"0 fired cam a/Gate-1", "0 fired cam a/Yard > mail", "0 fired down a > mail"});
}

TEST_CASE("a site that would not be down without NVRs under maintenance is under maintenance") {
  Rule site = rule("site", Level::site, When::offline, 0);
  site.at_least = 2;
  Harness harness = fleet_of(4, {site, rule("down", Level::nvr, When::offline, minute)});
  harness.set_maintenance({of_host(window(0, hour), {"a", "b"})});
  harness.nvr_offline(1);
  harness.nvr_offline(2);
  CHECK(harness.lines() == Lines{"0 fired site North"});
  harness.nvr_offline(3); // a failure that nobody planned: the silent alert of the site does not hide it
  harness.at(2 * minute);
  const Lines lines = harness.lines();
  CHECK(std::count(lines.begin(), lines.end(), "60 fired down c > mail") == 1);
  CHECK(std::count(lines.begin(), lines.end(), "60 fired down a") == 1);
  CHECK(lines.size() == 3);
  harness.nvr_offline(4); // now it would be down without them
  CHECK(harness.lines() == Lines{"120 announced site North > mail"});
}

TEST_CASE("windows that begin or end while nothing was observed take effect at the restart") {
  Harness harness = fleet_of(1, down_rule());
  harness.set_maintenance({window(minute, 10 * minute)});
  harness.at(2 * minute);
  harness.nvr_offline(1);
  harness.lines();
  harness.restart(30 * minute, 0);
  CHECK(harness.lines() == Lines{"1920 announced down a > mail"});
}
