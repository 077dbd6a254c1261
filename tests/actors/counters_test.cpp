// What actors count for /metrics where no socket can bring it about.
#include <catch2/catch.hpp>

#include "actors/support/online.hpp"

using namespace nvrhub;
using namespace nvrhub::actors;
using namespace nvrhub::actors::test;

namespace {

std::uint64_t commits(const World& world) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < Histogram<latency_us>::size; ++i) {
    sum += world.shared->counters.sum(
        [i](const Counters& counters) -> const Cell& { return counters.commit_us.bucket(i); });
  }
  return sum;
}

} // namespace

TEST_CASE("counters: writes wait, and commits that fail count, until one works") {
  Setup setup;
  setup.store.retry = 100ms;
  Online online(setup);
  World& world = online.world;
  const auto& counters = world.shared->counters;
  const std::uint64_t before = commits(world);
  CHECK(counters.level(&Counters::store_queue) == 0);
  world.faults().failing_commits = 2;
  world.heartbeat(*online.socket, report({{"c1", "offline"}}), "1");
  world.ingest("B", {"c"});
  world.run();
  CHECK(counters.sum(&Counters::commits_failed) == 1);
  CHECK(counters.level(&Counters::store_queue) == 2);
  world.pass(100ms);
  CHECK(counters.sum(&Counters::commits_failed) == 2);
  CHECK(commits(world) == before);
  world.pass(100ms);
  CHECK(counters.sum(&Counters::commits_failed) == 2);
  CHECK(counters.level(&Counters::store_queue) == 0);
  CHECK(commits(world) == before + 1);
}

TEST_CASE("counters: as many NVR actors as are connected or being changed") {
  Online online;
  World& world = online.world;
  const auto& counters = world.shared->counters;
  CHECK(counters.level(&Counters::nvr_actors) == 1);
  world.ingest("B", {"c"});
  world.run();
  CHECK(counters.level(&Counters::nvr_actors) == 1); // it has left again
  world.close(*online.socket);
  world.run();
  CHECK(counters.level(&Counters::nvr_actors) == 0);
}

TEST_CASE("counters: what a replaced session still says counts as such") {
  Online online;
  World& world = online.world;
  const SocketPtr newer = world.auth("A", nullptr);
  world.run();
  const auto& counters = world.shared->counters;
  const std::uint64_t changes = counters.sum(&Counters::camera_changes);
  world.heartbeat(*online.socket, report({{"c1", "offline"}}), "1");
  world.run();
  CHECK(counters.sum(&Counters::takeovers) == 1);
  CHECK(counters.sum(&Counters::reports_replaced) == 1);
  CHECK(counters.sum(&Counters::camera_changes) == changes);
}
