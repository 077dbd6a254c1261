// --commit-interval: reported changes are committed together, auths and changes over HTTP at once.
#include <catch2/catch.hpp>

#include <chrono>
#include <thread>

#include <caf/send.hpp>

#include "actors/store/commit_gate.hpp"
#include "actors/support/describe.hpp"
#include "actors/support/online.hpp"

using namespace nvrhub;
using namespace nvrhub::actors;
using namespace nvrhub::actors::test;

namespace {

Setup paced() {
  Setup setup;
  setup.settings.commit_interval = 10ms;
  return setup;
}

/// Two NVRs that are online; the last commit is older than the interval.
struct Paced {
  World world;
  SocketPtr a;
  SocketPtr b;

  explicit Paced(const Setup& setup = paced()) : world(setup) {
    world.register_nvr("A", {"c"});
    world.register_nvr("B", {"c"});
    a = world.auth("A", report({{"c", "online"}}));
    b = world.auth("B", report({{"c", "online"}}));
    world.pass(1s);
    world.new_events();
    world.publisher->legacy.clear();
    a->texts.clear();
    b->texts.clear();
    world.faults().commits = 0;
  }
  void change(Socket& socket, const char* status, const char* id) {
    world.heartbeat(socket, report({{"c", status}}), id);
    world.run();
  }
};

} // namespace

TEST_CASE("commit pacing: a change after a quiet time is committed at once") {
  Paced paced;
  paced.change(*paced.a, "offline", "1");
  CHECK(paced.world.faults().commits == 1);
  CHECK(paced.a->texts == Texts{ack("1", 5, 1)});
  CHECK(paced.world.publisher->legacy.size() == 1);
}

TEST_CASE(
    "commit pacing: further changes are committed together at the end of the interval, then acked and published") {
  Paced paced;
  World& world = paced.world;
  paced.change(*paced.a, "offline", "1");
  world.advance(4ms);
  paced.change(*paced.a, "online", "2");
  paced.change(*paced.b, "offline", "3");
  world.pass(5ms); // 9 ms since the commit began
  CHECK(world.faults().commits == 1);
  CHECK(paced.a->texts == Texts{ack("1", 5, 1)});
  CHECK(paced.b->texts.empty());
  CHECK(world.publisher->legacy.size() == 1);
  world.pass(1ms);
  CHECK(world.faults().commits == 2);
  CHECK(world.new_events() == Texts{"cameras A 1 c=offline", "cameras A 1 c=online", "cameras B 1 c=offline"});
  CHECK(paced.a->texts == Texts{ack("1", 5, 1), ack("2", 7, 1)});
  CHECK(paced.b->texts == Texts{ack("3", 7, 1)});
  CHECK(world.publisher->legacy.size() == 3);

  world.advance(9ms);
  paced.change(*paced.b, "online", "4"); // the interval begins with each commit
  CHECK(world.faults().commits == 2);
  world.pass(1ms);
  CHECK(world.faults().commits == 3);
}

TEST_CASE("commit pacing: at 0ms each commit begins at once") {
  Setup setup;
  setup.settings.commit_interval = 0ms;
  Paced paced(setup);
  paced.change(*paced.a, "offline", "1");
  paced.change(*paced.a, "online", "2");
  CHECK(paced.world.faults().commits == 2);
  CHECK(paced.a->texts == Texts{ack("1", 5, 1), ack("2", 6, 1)});
}

TEST_CASE("commit pacing: an auth and a change over HTTP are committed at once, with what waits") {
  Paced paced;
  World& world = paced.world;
  paced.change(*paced.a, "offline", "1");
  paced.change(*paced.a, "online", "2");
  CHECK(world.faults().commits == 1);

  SECTION("an HTTP change of a new NVR") {
    const auto replies = world.ingest("C", {"c"});
    world.run();
    CHECK(replies->size() == 1);
    CHECK(paced.a->texts == Texts{ack("1", 5, 1), ack("2", 7, 1)}); // the head after that commit
    CHECK(world.faults().commits == 2);
    paced.change(*paced.b, "offline", "3"); // paced again
    CHECK(world.faults().commits == 2);
    world.pass(10ms);
    CHECK(world.faults().commits == 3);
    return;
  }
  SECTION("an HTTP change of an NVR whose own change waits") {
    const auto replies = world.ingest("A", {"another"});
    world.run();
    REQUIRE(replies->size() == 1);
    CHECK(world.faults().commits == 3); // after its write that was in the queue
    return;
  }
  SECTION("an auth that changes statuses") {
    const SocketPtr socket = world.auth("B", report({{"c", "offline"}}));
    world.run();
    CHECK(socket->texts.size() == 1);
  }
  SECTION("an auth that changes nothing and waits for an earlier change") {
    const SocketPtr socket = world.auth("A", report({{"c", "online"}}));
    world.run();
    CHECK(socket->texts.size() == 1);
  }
  CHECK(world.faults().commits == 2);
  CHECK(paced.a->texts.size() == 2);
}

TEST_CASE("commit pacing: a timer that an earlier commit has overtaken does not shorten the next interval") {
  Paced paced;
  World& world = paced.world;
  paced.change(*paced.a, "offline", "1");
  paced.change(*paced.a, "online", "2"); // due at 10 ms
  world.advance(5ms);
  world.ingest("C", {});
  world.run();
  CHECK(world.faults().commits == 2); // at 5 ms
  paced.change(*paced.b, "offline", "3");
  world.pass(5ms);
  CHECK(world.faults().commits == 2);
  world.pass(5ms);
  CHECK(world.faults().commits == 3);
}

TEST_CASE("commit pacing: a paced commit that fails is retried, and no urgent write shortens the wait") {
  Setup setup = paced();
  setup.store.retry = 100ms;
  Paced paced(setup);
  World& world = paced.world;
  paced.change(*paced.a, "offline", "1");
  world.faults().failing_commits = 1;
  paced.change(*paced.a, "online", "2");
  world.pass(10ms);
  CHECK(world.faults().commits == 2);
  CHECK(world.shared->degraded);
  const auto replies = world.ingest("C", {});
  paced.change(*paced.b, "offline", "3");
  world.pass(99ms);
  CHECK(world.faults().commits == 2);
  CHECK(paced.a->texts == Texts{ack("1", 5, 1)});
  world.pass(1ms);
  CHECK_FALSE(world.shared->degraded);
  CHECK(paced.a->texts.size() == 2);
  world.pass(10ms);
  CHECK(replies->size() == 1);
  CHECK(paced.b->texts.size() == 1);
}

TEST_CASE("commit pacing: a drain commits what waits at once") {
  Paced paced;
  World& world = paced.world;
  paced.change(*paced.a, "offline", "1");
  paced.change(*paced.a, "online", "2");
  world.drain();
  world.run();
  CHECK(world.drained());
  CHECK(world.new_events() == Texts{"cameras A 1 c=offline", "cameras A 1 c=online"});
  CHECK(paced.a->texts == Texts{ack("1", 5, 1), ack("2", 6, 1)});
}

TEST_CASE("commit pacing: a store actor that ends commits what waits") {
  Paced paced;
  World& world = paced.world;
  paced.change(*paced.a, "offline", "1");
  paced.change(*paced.a, "online", "2");
  caf::anon_send_exit(world.store, caf::exit_reason::user_shutdown);
  world.run();
  CHECK(world.new_events() == Texts{"cameras A 1 c=offline", "cameras A 1 c=online"});
}

TEST_CASE("commit pacing: subscriptions get a batch with every second commit, without a timer of their own") {
  Paced paced;
  World& world = paced.world;
  world.subscribe({});
  world.pass(1s);
  const auto batches = [&] {
    std::size_t count = 0;
    for (const auto& [stream, lines] : world.publisher->streams)
      count += lines.size();
    return count;
  };
  const std::size_t before = batches();
  const auto change_at_each_interval = [&](int times) {
    for (int i = 0; i < times; ++i) {
      paced.change(*paced.a, i % 2 == 0 ? "offline" : "online", "1");
      world.pass(10ms);
    }
  };
  change_at_each_interval(20);
  const std::size_t sent = batches() - before;
  CHECK(sent >= 9);
  CHECK(sent <= 11);
  world.pass(25ms); // what is left leaves without a further commit
  const std::size_t all = batches();
  world.pass(200ms);
  CHECK(batches() == all);
}

TEST_CASE("CommitGate: a sleep ends at its time, or at once if an announced message has not arrived") {
  using Clock = std::chrono::steady_clock;
  CommitGate gate;
  const auto due = Clock::now() + 20ms;
  gate.sleep_until(due);
  CHECK(Clock::now() >= due);

  const auto never = Clock::now() + std::chrono::hours(24); // a test that hangs here fails by its time limit
  gate.announce();
  gate.sleep_until(never);
  gate.arrived();
  std::thread sender([&gate] { gate.announce(); });
  gate.sleep_until(never); // woken up, or announced before
  sender.join();
  gate.arrived();
  const auto later = Clock::now() + 5ms;
  gate.sleep_until(later);
  CHECK(Clock::now() >= later);
}
