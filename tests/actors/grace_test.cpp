// --offline-grace: a reconnect within it continues the online period. protocol.md, "Offline grace".
#include <catch2/catch.hpp>

#include "actors/support/world.hpp"

using namespace nvrhub;
using namespace nvrhub::actors;
using namespace nvrhub::actors::test;

namespace {

Setup with_offline_grace() {
  Setup setup;
  setup.settings.offline_grace = 10s;
  return setup;
}

} // namespace

TEST_CASE("offline grace: a reconnect within it causes no event") {
  World world(with_offline_grace());
  world.register_nvr("A", {"c1", "c2"});
  const SocketPtr first = world.auth("A", report({{"c1", "online"}, {"c2", "online"}}));
  world.run();
  world.new_events();
  const auto cause = GENERATE(fleet::Cause::closed, fleet::Cause::timeout, fleet::Cause::error);
  world.close(*first, cause);
  world.pass(9s);
  CHECK(world.state("A") == "online c1=online c2=online");
  const SocketPtr second = world.auth("A", report({{"c1", "online"}}));
  world.run();
  CHECK(second->texts == Texts{auth_ok("A", *second, 0)});
  world.pass(60s);
  CHECK(world.new_events().empty());
  CHECK(world.state("A") ==
        "online c1=online c2=online"); // the same online period: cameras missing from the report keep their status
}

TEST_CASE("offline grace: without a reconnect there is one offline, at its end, with the cause of the close") {
  World world(with_offline_grace());
  world.register_nvr("A", {"c"});
  const SocketPtr socket = world.auth("A", report({{"c", "online"}}));
  world.run();
  world.new_events();
  world.close(*socket, fleet::Cause::timeout);
  world.pass(9'999ms);
  CHECK(world.new_events().empty());
  CHECK(world.nvr_actors() == 1);
  world.pass(1ms);
  CHECK(world.new_events() == Texts{"nvr_offline A 1 timeout"});
  CHECK(world.nvr("A")->cameras[0].since == world.machine().wall);
  CHECK(world.nvr_actors() == 0);
  world.pass(60s);
  CHECK(world.new_events().empty());
}

TEST_CASE("offline grace: does not apply to a kicked session") {
  World world(with_offline_grace());
  world.register_nvr("A");
  const SocketPtr socket = world.auth("A");
  world.run();
  world.new_events();
  world.close(*socket, fleet::Cause::kicked);
  world.run();
  CHECK(world.new_events() == Texts{"nvr_offline A 0 kicked"});
}

TEST_CASE("offline grace: counts from the last close") {
  World world(with_offline_grace());
  world.register_nvr("A");
  const SocketPtr first = world.auth("A");
  world.run();
  world.close(*first);
  world.pass(6s);
  const SocketPtr second = world.auth("A");
  world.run();
  world.new_events();
  world.close(*second);
  world.pass(6s); // the first grace would have ended
  CHECK(world.new_events().empty());
  world.pass(4s);
  CHECK(world.new_events() == Texts{"nvr_offline A 0 closed"});
}

TEST_CASE("offline grace: the close of an older session does not change it") {
  World world(with_offline_grace());
  world.register_nvr("A");
  const SocketPtr first = world.auth("A");
  const SocketPtr second = world.auth("A");
  world.run();
  world.new_events();
  world.close(*second, fleet::Cause::timeout);
  world.pass(5s);
  world.close(*first, fleet::Cause::kicked);
  world.pass(4s);
  CHECK(world.new_events().empty());
  world.pass(1s);
  CHECK(world.new_events() == Texts{"nvr_offline A 0 timeout"});
}

TEST_CASE("offline grace: operations during it") {
  World world(with_offline_grace());
  world.register_nvr("A", {"c"});
  const SocketPtr socket = world.auth("A", report({{"c", "online"}}));
  world.run();
  world.new_events();
  world.close(*socket);
  world.pass(5s);
  SECTION("ingestion neither ends nor prolongs it") {
    world.ingest("A", {"c2"});
    world.pass(5s);
    CHECK(world.new_events() == Texts{"registered A", "nvr_offline A 1 closed"});
  }
  SECTION("manual offline ends it") {
    world.operate("A", SetNvrStatus{false});
    world.run();
    CHECK(world.new_events() == Texts{"nvr_offline A 1 manual"});
    CHECK(world.nvr_actors() == 0);
    world.pass(5s);
    CHECK(world.new_events().empty());
  }
  SECTION("removal ends it") {
    world.operate("A", RemoveNvr{});
    world.pass(5s);
    CHECK(world.new_events() == Texts{"removed A 1"});
    CHECK(world.nvr_actors() == 0);
  }
}

TEST_CASE("offline grace: a reconnect ends it") {
  World world(with_offline_grace());
  world.register_nvr("A");
  const SocketPtr first = world.auth("A");
  world.run();
  world.close(*first);
  world.run();
  const SocketPtr second = world.auth("A");
  world.run();
  world.new_events();
  world.close(*second, fleet::Cause::kicked);
  world.run();
  CHECK(world.new_events() == Texts{"nvr_offline A 0 kicked"});
  CHECK(world.nvr_actors() == 0);
}

TEST_CASE("offline grace: a pause of the server does not count") {
  World world(with_offline_grace());
  world.register_nvr("A");
  const SocketPtr first = world.auth("A");
  world.run();
  world.new_events();
  world.close(*first);
  world.pass(4s);
  world.shared->paused = 7s;
  world.pass(6s);
  CHECK(world.new_events().empty());
  world.pass(6'999ms);
  CHECK(world.new_events().empty());
  world.pass(1ms);
  CHECK(world.new_events() == Texts{"nvr_offline A 0 closed"});
}

TEST_CASE("offline grace: a socket that ended during a pause of the server has one, whatever the setting") {
  World world;
  world.register_nvr("A");
  const SocketPtr first = world.auth("A");
  world.run();
  world.new_events();
  world.close(*first, fleet::Cause::error, 5s);
  world.pass(4'999ms);
  CHECK(world.new_events().empty());
  const SocketPtr second = world.auth("A");
  world.pass(60s);
  CHECK(world.new_events().empty());
  world.close(*second, fleet::Cause::error, 5s);
  world.pass(5s);
  CHECK(world.new_events() == Texts{"nvr_offline A 0 error"});
}

TEST_CASE("grace period: a timer that fires late is extended by its delay, at most by its length") {
  const GracePeriod::Clock::time_point start{};
  const GracePeriod period(10s, start, 3s);
  CHECK_FALSE(period.extension(start + 10s, 3s));
  CHECK_FALSE(period.extension(start + 10'900ms, 3s));
  CHECK(period.extension(start + 14s, 3s)->length() == 4s);
  CHECK(period.extension(start + 10s, 5s)->length() == 2s);
  CHECK(period.extension(start + 99s, 3s)->length() == 10s);
  CHECK_FALSE(period.extension(start + 14s, 3s)->extension(start + 18s, 3s));
}
