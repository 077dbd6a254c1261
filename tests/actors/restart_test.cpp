// --restart-grace: a restart of the server is not an outage of the fleet. protocol.md, "Restart".
#include <algorithm>

#include <catch2/catch.hpp>

#include "actors/support/world.hpp"

using namespace nvrhub;
using namespace nvrhub::actors;
using namespace nvrhub::actors::test;

namespace {

/// The setup of a server that starts after one that stopped while A, B and C, but not D, were online.
Setup after_restart() {
  Setup setup;
  {
    World before(setup);
    for (const char* hostname : {"A", "B", "C", "D"}) {
      before.register_nvr(hostname, {"c"});
      if (*hostname == 'D') continue;
      before.auth(hostname, report({{"c", "online"}}));
    }
    before.run();
  }
  setup.settings.restart_grace = 90s;
  return setup;
}

} // namespace

TEST_CASE("restart grace: a server that stops writes no offline") {
  const Setup setup = after_restart();
  World world(setup);
  CHECK(world.state("A") == "online c=online");
  CHECK(world.shared->presence.unconfirmed_count() == 3);
  CHECK(world.new_events().empty());
}

TEST_CASE("restart grace: NVRs that return get no event, the others go offline once") {
  World world(after_restart());
  world.pass(60s);
  const SocketPtr socket = world.auth("A", report({{"c", "online"}}));
  world.run();
  CHECK(socket->texts == Texts{auth_ok("A", *socket, 0)});
  CHECK_FALSE(world.shared->presence.unconfirmed(1));
  CHECK(world.shared->presence.unconfirmed_count() == 2);
  world.pass(29'999ms);
  CHECK(world.new_events().empty());
  world.pass(1ms);
  Texts events = world.new_events();
  std::sort(events.begin(), events.end());
  CHECK(events == Texts{"nvr_offline B 1 server_restart", "nvr_offline C 1 server_restart"});
  CHECK(world.shared->presence.unconfirmed_count() == 0);
  CHECK(world.nvr_actors() == 1);
  world.pass(600s);
  CHECK(world.new_events().empty());
  CHECK(world.state("A") == "online c=online");
}

TEST_CASE("restart grace: an NVR that returns and disconnects within it goes offline with the cause of the close") {
  World world(after_restart());
  const SocketPtr socket = world.auth("A", report({{"c", "online"}}));
  world.run();
  world.close(*socket);
  world.run();
  CHECK(world.new_events() == Texts{"nvr_offline A 1 closed"});
  world.pass(90s);
  CHECK(world.new_events().size() == 2); // B and C
}

TEST_CASE("restart grace: an NVR that is changed over HTTP within it stays unconfirmed") {
  World world(after_restart());
  SECTION("ingested") {
    world.ingest("A", {"c2"});
    world.run();
    CHECK(world.shared->presence.unconfirmed(1));
    world.new_events();
    world.pass(90s);
    CHECK(world.new_events().size() == 3);
  }
  SECTION("renamed") {
    world.operate("A", Rename{"A2"});
    world.run();
    world.new_events();
    world.pass(90s);
    CHECK(world.state("A2") == "offline c=offline/nvr_unreachable");
  }
  SECTION("set offline manually") {
    world.operate("A", SetNvrStatus{false});
    world.run();
    CHECK(world.new_events() == Texts{"nvr_offline A 1 manual"});
    CHECK(world.shared->presence.unconfirmed_count() == 2);
    world.pass(90s);
    CHECK(world.new_events().size() == 2);
  }
  SECTION("set offline and online again manually: it stays online") {
    world.operate("A", SetNvrStatus{false});
    world.operate("A", SetNvrStatus{true});
    world.run();
    world.pass(90s);
    CHECK(world.state("A") == "online c=offline/nvr_unreachable");
  }
  SECTION("removed") {
    world.operate("A", RemoveNvr{});
    world.run();
    CHECK(world.shared->presence.unconfirmed_count() == 2);
    world.new_events();
    world.pass(90s);
    CHECK(world.new_events().size() == 2);
    CHECK(world.state("A") == "none");
  }
}

TEST_CASE("restart grace: an auth that was queued before its end keeps the NVR online") {
  World world(after_restart());
  const SocketPtr socket = world.auth("A", report({{"c", "online"}}));
  world.advance(90s);
  world.run();
  CHECK(world.new_events().size() == 2);
  CHECK(world.state("A") == "online c=online");
}

TEST_CASE("restart grace: after two restarts in a row the NVRs are unconfirmed") {
  const Setup setup = after_restart();
  { World between(setup); }
  World world(setup);
  CHECK(world.shared->presence.unconfirmed_count() == 3);
  CHECK(world.events().size() == 7); // four registrations, three onlines
}

TEST_CASE("restart grace: a pause of the server does not count") {
  World world(after_restart());
  world.pass(30s);
  world.shared->paused = 80s;
  world.pass(60s);
  CHECK(world.new_events().empty());
  world.auth("A", report({{"c", "online"}}));
  world.pass(79s);
  CHECK(world.new_events().empty());
  world.pass(1s);
  CHECK(world.new_events() == Texts{"nvr_offline B 1 server_restart", "nvr_offline C 1 server_restart"});
}
