// --offline-grace: who comes back in time was never away. protocol.md, "Offline grace".
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

TEST_CASE("offline grace: a return within it shows nothing") {
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
  CHECK(world.state("A") == "online c1=online c2=online"); // the same period: what was left out stays
}

TEST_CASE("offline grace: staying away is one offline, at its end, with the cause of the close") {
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

TEST_CASE("offline grace: none for a session that was kicked") {
  World world(with_offline_grace());
  world.register_nvr("A");
  const SocketPtr socket = world.auth("A");
  world.run();
  world.new_events();
  world.close(*socket, fleet::Cause::kicked);
  world.run();
  CHECK(world.new_events() == Texts{"nvr_offline A 0 kicked"});
}

TEST_CASE("offline grace: counts from the last close, not from an earlier one") {
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
  world.pass(6s); // the first one's would be over
  CHECK(world.new_events().empty());
  world.pass(4s);
  CHECK(world.new_events() == Texts{"nvr_offline A 0 closed"});
}

TEST_CASE("offline grace: the close of an older session during it changes nothing") {
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

TEST_CASE("offline grace: an operation during it neither ends nor prolongs it") {
  World world(with_offline_grace());
  world.register_nvr("A", {"c"});
  const SocketPtr socket = world.auth("A", report({{"c", "online"}}));
  world.run();
  world.new_events();
  world.close(*socket);
  world.pass(5s);
  SECTION("ingestion") {
    world.ingest("A", {"c2"});
    world.pass(5s);
    CHECK(world.new_events() == Texts{"registered A", "nvr_offline A 1 closed"});
  }
  SECTION("but manual offline ends it") {
    world.operate("A", SetNvrStatus{false});
    world.run();
    CHECK(world.new_events() == Texts{"nvr_offline A 1 manual"});
    CHECK(world.nvr_actors() == 0);
    world.pass(5s);
    CHECK(world.new_events().empty());
  }
  SECTION("and so does removal") {
    world.operate("A", RemoveNvr{});
    world.pass(5s);
    CHECK(world.new_events() == Texts{"removed A 1"});
    CHECK(world.nvr_actors() == 0);
  }
}

TEST_CASE("offline grace: once the NVR is back the grace is over for good") {
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
