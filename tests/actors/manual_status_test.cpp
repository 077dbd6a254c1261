// Statuses set manually (--manual-api): the next report, auth or heartbeat wins. protocol.md, "HTTP".
#include <catch2/catch.hpp>

#include "actors/support/world.hpp"

using namespace nvrhub;
using namespace nvrhub::actors;
using namespace nvrhub::actors::test;

TEST_CASE("manual status: the next report overrides a camera set manually") {
  World world;
  world.register_nvr("A", {"c1", "c2"});
  const SocketPtr socket = world.auth("A", report({{"c1", "online"}, {"c2", "online"}}));
  world.run();
  world.new_events();
  world.operate("A", SetCameraStatus{"c1", fleet::Status::offline()});
  world.run();
  CHECK(world.new_events() == Texts{"cameras A 1 c1=offline/manual"});
  world.heartbeat(*socket, report({{"c1", "online"}}));
  world.run();
  CHECK(world.new_events() == Texts{"cameras A 1 c1=online"});
}

TEST_CASE("manual status: an NVR set offline manually keeps its socket, and its next message wins") {
  World world;
  world.register_nvr("A", {"c1"});
  const SocketPtr socket = world.auth("A", report({{"c1", "online"}}));
  world.run();
  world.operate("A", SetNvrStatus{false});
  world.run();
  world.new_events();
  CHECK(world.state("A") == "offline c1=offline/nvr_unreachable");
  CHECK(socket->closes.empty());
  SECTION("a heartbeat with a report") {
    world.heartbeat(*socket, report({{"c1", "online"}}));
    world.run();
    CHECK(world.new_events() == Texts{"nvr_online A 1 c1=online"});
  }
  SECTION("a heartbeat without a report") {
    world.heartbeat(*socket);
    world.run();
    CHECK(world.new_events() == Texts{"nvr_online A 0"});
  }
  SECTION("a new session") {
    world.auth("A");
    world.run();
    CHECK(world.new_events() == Texts{"nvr_online A 1 c1=online/assumed"});
  }
  SECTION("its close, which causes no second offline") {
    world.close(*socket);
    world.run();
    CHECK(world.new_events().empty());
    CHECK(world.nvr_actors() == 0);
  }
}

TEST_CASE("manual status: an NVR set online manually has no session and stays online") {
  World world;
  world.register_nvr("A", {"c1"});
  world.operate("A", SetNvrStatus{true});
  world.operate("A", SetNvrStatus{true});
  world.run();
  CHECK(world.new_events() == Texts{"nvr_online A 0"});
  CHECK(world.state("A") == "online c1=offline");
  CHECK(world.nvr_actors() == 0);
}
