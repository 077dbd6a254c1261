// Counters of the actors for /metrics that no test over sockets can reach.
#include <catch2/catch.hpp>

#include "actors/support/online.hpp"

using namespace nvrhub;
using namespace nvrhub::actors;
using namespace nvrhub::actors::test;

namespace {

std::uint64_t commits(const World& world) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < metrics::Histogram<metrics::latency_us>::size; ++i) {
    sum += world.shared->counters.sum([i](const metrics::ActorCounters& counters) -> const metrics::Counter& {
      return counters.commit_us.bucket(i);
    });
  }
  return sum;
}

} // namespace

TEST_CASE("counters: queued writes and failed commits, until a commit succeeds") {
  Setup setup;
  setup.store.retry = 100ms;
  Online online(setup);
  World& world = online.world;
  const auto& counters = world.shared->counters;
  const std::uint64_t before = commits(world);
  CHECK(counters.level(&metrics::ActorCounters::store_queue) == 0);
  world.faults().failing_commits = 2;
  world.heartbeat(*online.socket, report({{"c1", "offline"}}), "1");
  world.ingest("B", {"c"});
  world.run();
  CHECK(counters.sum(&metrics::ActorCounters::commits_failed) == 1);
  CHECK(counters.level(&metrics::ActorCounters::store_queue) == 2);
  world.pass(100ms);
  CHECK(counters.sum(&metrics::ActorCounters::commits_failed) == 2);
  CHECK(commits(world) == before);
  world.pass(100ms);
  CHECK(counters.sum(&metrics::ActorCounters::commits_failed) == 2);
  CHECK(counters.level(&metrics::ActorCounters::store_queue) == 0);
  CHECK(commits(world) == before + 1);
}

TEST_CASE("counters: nvr_actors is the number of NVRs that are connected or being changed") {
  Online online;
  World& world = online.world;
  const auto& counters = world.shared->counters;
  CHECK(counters.level(&metrics::ActorCounters::nvr_actors) == 1);
  world.ingest("B", {"c"});
  world.run();
  CHECK(counters.level(&metrics::ActorCounters::nvr_actors) == 1); // its actor has ended
  world.close(*online.socket);
  world.run();
  CHECK(counters.level(&metrics::ActorCounters::nvr_actors) == 0);
}

TEST_CASE("counters: reports of a replaced session count as replaced") {
  Online online;
  World& world = online.world;
  const SocketPtr newer = world.auth("A", nullptr);
  world.run();
  const auto& counters = world.shared->counters;
  const std::uint64_t changes = counters.sum(&metrics::ActorCounters::camera_changes);
  world.heartbeat(*online.socket, report({{"c1", "offline"}}), "1");
  world.run();
  CHECK(counters.sum(&metrics::ActorCounters::takeovers) == 1);
  CHECK(counters.sum(&metrics::ActorCounters::reports_replaced) == 1);
  CHECK(counters.sum(&metrics::ActorCounters::camera_changes) == changes);
}
