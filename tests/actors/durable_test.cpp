// Durable, then visible: nothing is acked, shown or handed on before the commit that holds it.
#include <algorithm>

#include <catch2/catch.hpp>

#include "actors/support/describe.hpp"
#include "actors/support/online.hpp"

using namespace nvrhub;
using namespace nvrhub::actors;
using namespace nvrhub::actors::test;

TEST_CASE("durable: an auth is answered and shown only once committed") {
  World world;
  world.register_nvr("A", {"c"});
  const SocketPtr first = world.auth("A");
  world.run();
  const SocketPtr socket = world.auth("A", report({{"c", "offline"}}), "1");
  world.feed->texts.clear();
  world.run_but_store();
  CHECK(socket->attached_times == 1);
  CHECK(socket->texts.empty());
  CHECK(world.feed->texts.empty());
  world.run();
  CHECK(socket->texts == Texts{auth_ok("A", *socket, 1, 1, "1")});
  CHECK(world.feed->texts.size() == 1);
}

TEST_CASE("durable: while the commit is under way nobody has heard") {
  Online online;
  int looked = 0;
  online.world.faults().before_commit = [&] {
    ++looked;
    CHECK(online.socket->texts.empty());
    CHECK(online.world.feed->texts.empty());
    CHECK(online.world.shared->head == 2);
    CHECK(online.world.state("A") == "online c1=online c2=online");
  };
  online.world.heartbeat(*online.socket, report({{"c1", "offline"}}), "1");
  online.world.run();
  CHECK(looked == 1);
  CHECK(online.world.shared->head == 3);
  CHECK(online.socket->texts == Texts{ack("1", 3, 1)});
  CHECK(online.world.feed->texts.size() == 1);
}

TEST_CASE("durable: an unchanged report waits for the changes before it") {
  Online online;
  World& world = online.world;
  world.heartbeat(*online.socket, report({{"c1", "offline"}}), "1");
  world.run_but_store();
  world.heartbeat(*online.socket, report({{"c1", "offline"}}), "2"); // says what is in flight
  world.heartbeat(*online.socket, nullptr, "3");
  world.run_but_store();
  CHECK(online.socket->reports_taken == 3); // all the same it is read on
  CHECK(online.socket->texts.empty());
  world.run();
  CHECK(online.socket->texts == Texts{ack("1", 3, 1), ack("2", 3, 0), ack("3", 3, 0)});
}

TEST_CASE("durable: reports that come while a commit is held up merge into one write") {
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

TEST_CASE("durable: changes that merge away are acked without a write of their own") {
  Online online;
  World& world = online.world;
  world.heartbeat(*online.socket, report({{"c1", "offline"}}), "1");
  world.run_but_store();
  world.heartbeat(*online.socket, report({{"c2", "offline"}}), "2");
  world.heartbeat(*online.socket, report({{"c2", "online"}}), "3");
  world.run_but_store();
  world.run();
  CHECK(world.new_events() == Texts{"cameras A 1 c1=offline"});
  std::sort(online.socket->texts.begin(), online.socket->texts.end()); // the order of acks is nobody's promise
  CHECK(online.socket->texts == Texts{ack("1", 3, 1), ack("2", 3, 1), ack("3", 3, 1)});
}

TEST_CASE("durable: of two writes in one batch only the good one counts") {
  Online online;
  World& world = online.world;
  const SocketPtr good = world.auth("A");
  world.run();
  world.register_nvr("B");
  const SocketPtr other = world.auth("B");
  world.run();
  world.new_events();
  world.feed->texts.clear();
  good->texts.clear();
  // Somebody else wrote B with a newer session, so that its actor is fenced off.
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
  CHECK(world.feed->texts.size() == 1);
  CHECK(good->texts.size() == 1);
  CHECK(world.state("B") == "online"); // the newer session's
  CHECK(world.is_clean());
}

TEST_CASE("durable: an operation is answered with the NVR as it is after it, not as it will be") {
  Online online;
  World& world = online.world;
  const auto reply = world.ingest("A", {"c3"});
  world.run_but_store();
  world.heartbeat(*online.socket, report({{"c1", "offline"}}));
  world.run_but_store();
  Texts answered;
  world.faults().before_commit = [&] { // of the heartbeat's change
    for (const OpResult& result : *reply)
      answered.push_back(describe(result->nvr));
  };
  world.run();
  CHECK(answered == Texts{"online c1=online c2=online c3=offline"});
}
