// Drain: new sessions and operations are refused, pending writes complete. protocol.md, "Restart".
#include <catch2/catch.hpp>

#include "actors/support/every_step.hpp"

using namespace nvrhub;
using namespace nvrhub::actors;
using namespace nvrhub::actors::test;
using Catch::Matchers::Contains;
using protocol::CloseCode;
using Closes = std::vector<CloseCode>;

TEST_CASE("drain: at any step all actors end, and every acknowledged change is durable") {
  SocketPtr socket;
  std::shared_ptr<Replies> replies;
  at_every_step(
      [&](World& world) {
        world.register_nvr("A", {"c"});
        socket = world.auth("A", report({{"c", "online"}}));
        world.heartbeat(*socket, report({{"c", "offline"}}), "1");
        replies = world.ingest("B");
      },
      [](World& world) {
        world.drain();
        return 0;
      },
      [&](World& world, int) {
        CHECK(world.drained());
        CHECK(world.nvr_actors() == 0);
        CHECK(replies->size() == 1);
        // It was either refused, or its acknowledged changes are in the store.
        const bool refused = socket->closes == Closes{CloseCode::going_away};
        REQUIRE(socket->texts.size() >= 1);
        CHECK_THAT(socket->texts[0], Contains(refused ? "shutting_down" : "auth_ok"));
        if (socket->texts.size() > 1) CHECK(world.state("A") == "online c=offline");
        for (const std::string& event : world.events()) {
          CHECK_THAT(event, !Contains("nvr_offline"));
        }
      });
}

TEST_CASE("drain: refuses new auths and operations, and waits for a delayed commit") {
  World world;
  world.register_nvr("A", {"c"});
  const SocketPtr socket = world.auth("A", report({{"c", "online"}}));
  world.run();
  world.heartbeat(*socket, report({{"c", "offline"}}), "1");
  world.run_but_store();
  world.drain();
  const SocketPtr late = world.auth("A", nullptr, "2");
  const auto operation = world.ingest("B");
  world.run_but_store();
  CHECK_FALSE(world.drained());
  REQUIRE(late->texts.size() == 1);
  CHECK_THAT(late->texts[0],
             Contains(R"("code":"shutting_down")") && Contains(R"("id":2)") && Contains(R"("retry_after":1)"));
  CHECK(late->closes == Closes{CloseCode::going_away});
  REQUIRE(operation->size() == 1);
  CHECK(operation->front().error() == OperationError::unavailable);

  world.run();
  CHECK(world.drained());
  CHECK(socket->texts.back() == ack("1", 3, 1));
  CHECK(world.state("A") == "online c=offline");
}

TEST_CASE("drain: during failing commits it ends once they succeed") {
  World world;
  world.register_nvr("A", {"c"});
  const SocketPtr socket = world.auth("A", report({{"c", "online"}}));
  world.run();
  world.faults().failing_commits = 2;
  world.heartbeat(*socket, report({{"c", "offline"}}), "1");
  world.drain();
  world.pass(250ms);
  CHECK_FALSE(world.drained());
  world.pass(250ms);
  CHECK(world.drained());
  CHECK(socket->texts.back() == ack("1", 3, 1));
}

TEST_CASE("drain: during the offline grace no offline is written") {
  Setup setup;
  setup.settings.offline_grace = 10s;
  World world(setup);
  world.register_nvr("A");
  const SocketPtr socket = world.auth("A");
  world.run();
  world.close(*socket);
  world.run();
  world.drain();
  world.run();
  CHECK(world.drained());
  world.pass(10s);
  CHECK(world.state("A") == "online");
}
