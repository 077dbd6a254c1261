// Changes are durable before they are acknowledged or broadcast.
#include <algorithm>

#include <catch2/catch.hpp>

#include "actors/support/describe.hpp"
#include "actors/support/online.hpp"

using namespace nvrhub;
using namespace nvrhub::actors;
using namespace nvrhub::actors::test;

TEST_CASE("durable: an auth is answered and published only after its commit") {
  World world;
  world.register_nvr("A", {"c"});
  const SocketPtr first = world.auth("A");
  world.run();
  const SocketPtr socket = world.auth("A", report({{"c", "offline"}}), "1");
  world.publisher->legacy.clear();
  world.run_but_store();
  CHECK(socket->sessions_started == 1);
  CHECK(socket->texts.empty());
  CHECK(world.publisher->legacy.empty());
  world.run();
  CHECK(socket->texts == Texts{auth_ok("A", *socket, 1, 1, "1")});
  CHECK(world.publisher->legacy.size() == 1);
}

TEST_CASE("durable: during the commit nothing is answered or published") {
  Online online;
  int commits_checked = 0;
  online.world.faults().before_commit = [&] {
    ++commits_checked;
    CHECK(online.socket->texts.empty());
    CHECK(online.world.publisher->legacy.empty());
    CHECK(online.world.shared->head == 2);
    CHECK(online.world.state("A") == "online c1=online c2=online");
  };
  online.world.heartbeat(*online.socket, report({{"c1", "offline"}}), "1");
  online.world.run();
  CHECK(commits_checked == 1);
  CHECK(online.world.shared->head == 3);
  CHECK(online.socket->texts == Texts{ack("1", 3, 1)});
  CHECK(online.world.publisher->legacy.size() == 1);
}

TEST_CASE("durable: the ack of an unchanged report waits for earlier changes") {
  Online online;
  World& world = online.world;
  world.heartbeat(*online.socket, report({{"c1", "offline"}}), "1");
  world.run_but_store();
  world.heartbeat(*online.socket, report({{"c1", "offline"}}), "2"); // equals what is in flight
  world.heartbeat(*online.socket, nullptr, "3");
  world.run_but_store();
  CHECK(online.socket->reports_done == 3); // the socket is read on meanwhile
  CHECK(online.socket->texts.empty());
  world.run();
  CHECK(online.socket->texts == Texts{ack("1", 3, 1), ack("2", 3, 0), ack("3", 3, 0)});
}

TEST_CASE("durable: reports during a delayed commit merge into one write") {
  Online online;
  World& world = online.world;
  world.heartbeat(*online.socket, report({{"c1", "offline"}}), "1");
  world.run_but_store();
  world.heartbeat(*online.socket, report({{"c1", "online"}}), "2");
  world.heartbeat(*online.socket, report({{"c2", "offline"}}), "3");
  world.heartbeat(*online.socket, report({{"c2", "video_loss"}}), "4");
  world.run_but_store();
  CHECK(online.socket->texts.empty());
  world.run();
  CHECK(world.new_events() == Texts{"cameras A 1 c1=offline", "cameras A 2 c1=online c2=video_loss"});
  CHECK(world.faults().commits == 2);
  CHECK(online.socket->texts == Texts{ack("1", 3, 1), ack("2", 4, 1), ack("3", 4, 1), ack("4", 4, 1)});
}

TEST_CASE("durable: changes that cancel each other are acked without a write") {
  Online online;
  World& world = online.world;
  world.heartbeat(*online.socket, report({{"c1", "offline"}}), "1");
  world.run_but_store();
  world.heartbeat(*online.socket, report({{"c2", "offline"}}), "2");
  world.heartbeat(*online.socket, report({{"c2", "online"}}), "3");
  world.run_but_store();
  world.run();
  CHECK(world.new_events() == Texts{"cameras A 1 c1=offline"});
  std::sort(online.socket->texts.begin(), online.socket->texts.end()); // the order of acks is not guaranteed
  CHECK(online.socket->texts == Texts{ack("1", 3, 1), ack("2", 3, 1), ack("3", 3, 1)});
}

TEST_CASE("durable: of two writes in one batch, one refused, only the other is committed") {
  Online online;
  World& world = online.world;
  const SocketPtr good = world.auth("A");
  world.run();
  world.register_nvr("B");
  const SocketPtr other = world.auth("B");
  world.run();
  world.new_events();
  world.publisher->legacy.clear();
  good->texts.clear();
  // A newer session wrote B, so the actor of B is fenced.
  store::Write newer;
  newer.nvr_id = 2;
  newer.session = other->number + 100;
  std::vector<store::Result<fleet::NvrId>> outcomes;
  REQUIRE(world.data().commit({&newer, 1}, outcomes));
  REQUIRE(outcomes.at(0));
  world.faults().commits = 0;

  world.heartbeat(*good, report({{"c1", "offline"}}), "1");
  world.close(*other);
  world.run_but_store();
  world.run();
  CHECK(world.faults().commits == 1);
  CHECK(world.new_events() == Texts{"cameras A 1 c1=offline"});
  CHECK(world.publisher->legacy.size() == 1);
  CHECK(good->texts.size() == 1);
  CHECK(world.state("B") == "online"); // the newer session's
  CHECK(world.is_clean());
}

TEST_CASE("durable: an operation is answered with the NVR right after it, without later changes") {
  Online online;
  World& world = online.world;
  const auto reply = world.ingest("A", {"c3"});
  world.run_but_store();
  world.heartbeat(*online.socket, report({{"c1", "offline"}}));
  world.run_but_store();
  Texts answered;
  world.faults().before_commit = [&] { // of the heartbeat's change
    for (const OperationResult& result : *reply)
      answered.push_back(describe(result->nvr));
  };
  world.run();
  CHECK(answered == Texts{"online c1=online c2=online c3=offline"});
}
