// The lifetime of NVR actors, and session numbers.
#include <random>

#include <catch2/catch.hpp>

#include <caf/send.hpp>

#include "actors/support/every_step.hpp"

using namespace nvrhub;
using namespace nvrhub::actors;
using namespace nvrhub::actors::test;
using Catch::Matchers::Contains;
using protocol::CloseCode;
using Closes = std::vector<CloseCode>;

TEST_CASE("registry: an idle actor ends, and the next auth spawns a new one") {
  World world;
  world.register_nvr("A", {"c"});
  CHECK(world.nvr_actors() == 0);
  for (int i = 0; i < 3; ++i) {
    const SocketPtr socket = world.auth("A", report({{"c", "online"}}));
    world.run();
    CHECK(socket->texts.size() == 1);
    CHECK(world.nvr_actors() == 1);
    world.close(*socket);
    world.run();
    CHECK(world.nvr_actors() == 0);
  }
  CHECK(world.new_events().size() == 6);
}

TEST_CASE("registry: an auth at any step of an actor's passivation is not lost") {
  SocketPtr first;
  at_every_step(
      [&](World& world) {
        world.register_nvr("A", {"c"});
        first = world.auth("A", report({{"c", "online"}}));
        world.run();
        world.close(*first);
      },
      [](World& world) {
        return world.auth("A", report({{"c", "video_loss"}}), "1");
      },
      [](World& world, const SocketPtr& second) {
        CHECK(second->sessions_started == 1);
        CHECK(second->texts == Texts{auth_ok("A", *second, 1, 1, "1")});
        CHECK(world.state("A") == "online c=video_loss");
        CHECK(world.nvr_actors() == 1);
      });
}

TEST_CASE("registry: an operation at any step of an actor's lifetime is answered once") {
  at_every_step(
      [&](World& world) {
        world.register_nvr("A", {"c"});
        const SocketPtr socket = world.auth("A", report({{"c", "online"}}));
        world.close(*socket);
      },
      [](World& world) { return world.ingest("A", {"c2"}); },
      [](World& world, const std::shared_ptr<Replies>& replies) {
        REQUIRE(replies->size() == 1);
        CHECK(replies->front().has_value());
        CHECK(world.state("A") == "offline c=offline/nvr_unreachable c2=offline");
        CHECK(world.nvr_actors() == 0);
      });
}

TEST_CASE("registry: an auth under the old hostname at any step of a rename leaves one owner") {
  SocketPtr old_name;
  std::shared_ptr<Replies> renamed;
  at_every_step(
      [&](World& world) {
        world.register_nvr("A", {"c"});
        old_name = world.auth("A", report({{"c", "online"}}));
        world.run();
        renamed = world.operate("A", Rename{"B"});
      },
      [](World& world) { return world.auth("A"); },
      [&](World& world, const SocketPtr& socket) {
        REQUIRE(renamed->size() == 1);
        CHECK(renamed->front().has_value());
        // It either takes over in time, or its hostname no longer exists.
        CHECK(socket->sessions_started + static_cast<int>(socket->closes.size()) == 1);
        CHECK(world.nvr_actors() == 1);
      });
}

TEST_CASE("registry: an auth under the new hostname at any step of a rename leaves one owner") {
  SocketPtr old_name;
  at_every_step(
      [&](World& world) {
        world.register_nvr("A", {"c"});
        old_name = world.auth("A", report({{"c", "online"}}));
        world.run();
        world.operate("A", Rename{"B"});
      },
      [](World& world) {
        return world.auth("B", report({{"c", "online"}}));
      },
      [&](World& world, const SocketPtr& socket) {
        // It is either refused because it came too early, or takes over.
        CHECK(socket->sessions_started + static_cast<int>(socket->closes.size()) == 1);
        if (socket->sessions_started == 1) CHECK(old_name->closes == Closes{CloseCode::replaced});
        CHECK(world.nvr_actors() == 1);
        world.drain();
        world.run();
        CHECK(world.drained());
        CHECK(world.nvr_actors() == 0);
      });
}

TEST_CASE("registry: operations during renames, in any order, are each answered once") {
  for (unsigned seed = 0; seed < 3000; ++seed) {
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const auto pick = [&random](std::size_t count) { return random() % count; };
    const std::vector<std::string> names{"A", "B", "C"};
    World world;
    world.register_nvr("A", {"c"});
    std::vector<std::shared_ptr<Replies>> answers;
    std::vector<SocketPtr> sockets;
    for (int i = 0; i < 12; ++i) {
      const std::string name = names[pick(names.size())];
      switch (pick(6)) {
      case 0:
        answers.push_back(world.ingest(name, {"c"}));
        break;
      case 1:
        answers.push_back(world.operate(name, RemoveNvr{}));
        break;
      case 2:
        answers.push_back(world.operate(name, RemoveCamera{"c"}));
        break;
      case 3:
        sockets.push_back(world.auth(name, report({{"c", "online"}})));
        break;
      default:
        answers.push_back(world.operate(name, Rename{names[pick(names.size())]}));
      }
      for (std::size_t steps = pick(12); steps > 0; --steps)
        world.step();
    }
    world.run();
    for (const auto& answer : answers)
      REQUIRE(answer->size() == 1);
    for (const SocketPtr& socket : sockets) {
      CHECK(socket->sessions_started + static_cast<int>(socket->closes.size()) >= 1);
      world.close(*socket);
    }
    world.run();
    CHECK(world.nvr_actors() == 0);
    REQUIRE(world.is_clean());
  }
}

TEST_CASE("registry: session numbers grow across blocks, restarts and NVRs") {
  Setup setup;
  setup.sessions = 3; // the first auth requests the next block
  fleet::SessionNumber last = 0;
  const auto expect_larger = [&](World& world, const char* hostname) {
    const SocketPtr socket = world.auth(hostname);
    world.run();
    CHECK(socket->number > last);
    last = socket->number;
  };
  for (int restart = 0; restart < 3; ++restart) {
    World world(setup);
    world.register_nvr("A");
    world.register_nvr("B");
    for (int i = 0; i < 6; ++i)
      expect_larger(world, i % 2 == 0 ? "A" : "B");
  }
}

TEST_CASE("registry: while session numbers cannot be reserved and none is left, auths are refused") {
  Setup setup;
  setup.sessions = 2;
  World world(setup);
  world.register_nvr("A");
  world.faults().failing_commits = 1000;
  for (int i = 0; i < 2; ++i) {
    const SocketPtr socket = world.auth("A");
    world.run();
    CHECK(socket->sessions_started == 1);
  }
  const SocketPtr refused = world.auth("A", nullptr, "1");
  world.run();
  CHECK(refused->sessions_started == 0);
  CHECK(refused->closes == Closes{CloseCode::too_slow});
  REQUIRE(refused->texts.size() == 1);
  CHECK_THAT(refused->texts[0], Contains(R"("code":"rate_limited")") && Contains(R"("retry_after":5)"));

  world.faults().failing_commits = 0;
  world.auth("A"); // reserves
  world.run();
  const SocketPtr works = world.auth("A");
  world.pass(250ms);
  CHECK(works->sessions_started == 1);
  CHECK(works->number > 2);
}

TEST_CASE("registry: the hostname of a killed NVR actor remains usable") {
  World world;
  world.register_nvr("A", {"c"});
  const SocketPtr first = world.auth("A", report({{"c", "online"}}));
  world.run();
  caf::anon_send_exit(first->session->nvr, caf::exit_reason::kill);
  world.run();
  CHECK(world.nvr_actors() == 0);
  const SocketPtr second = world.auth("A", report({{"c", "offline"}}));
  world.run();
  CHECK(second->sessions_started == 1);
  CHECK(world.state("A") == "online c=offline");

  caf::anon_send_exit(second->session->nvr, caf::exit_reason::kill);
  world.drain();
  world.run();
  CHECK(world.drained());
}

TEST_CASE("registry: the successor of a killed actor loads after its uncommitted write") {
  World world;
  world.register_nvr("A", {"c"});
  const SocketPtr first = world.auth("A", report({{"c", "online"}}));
  world.run();
  world.heartbeat(*first, report({{"c", "offline"}}));
  world.run_but_store();
  caf::anon_send_exit(first->session->nvr, caf::exit_reason::kill);
  world.run_but_store();
  world.auth("A", report({{"c", "online"}}));
  world.run_but_store(); // the load arrives before the store actor's own Commit
  world.run();
  CHECK(world.state("A") == "online c=online"); // the last report
}
