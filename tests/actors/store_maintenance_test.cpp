// Liveness records: what they record when the clock is wrong, the machine sleeps or the disk fails.
#include <random>

#include <catch2/catch.hpp>

#include "actors/support/online.hpp"
#include "fleet/availability.hpp"
#include "store/history/history.hpp"
#include "store/support/stores.hpp"

using namespace nvrhub;
using namespace nvrhub::actors;
using namespace nvrhub::actors::test;
using nvrhub::test::good;

namespace {

constexpr std::chrono::milliseconds tick{4'000};
constexpr fleet::WallMillis hour = 3'600'000;
constexpr fleet::WallMillis day = 24 * hour;

Setup ticking() {
  Setup setup;
  setup.store.tick = tick;
  return setup;
}

std::vector<fleet::Span> runs_of(World& world) {
  const store::Snapshot snapshot = good(world.data().snapshot());
  return good(store::History(snapshot).runs(0));
}

fleet::WallMillis length(const std::vector<fleet::Span>& spans) {
  fleet::WallMillis sum = 0;
  for (const fleet::Span& span : spans)
    sum += span.to - span.from;
  return sum;
}

/// The answer of GET .../availability for NVR 1.
fleet::Availability availability(World& world, const fleet::Span& range) {
  const store::Snapshot snapshot = good(world.data().snapshot());
  const store::History history(snapshot);
  const fleet::Seq since = good(history.seq_at(range.from));
  fleet::AvailabilityMeter meter(range, good(history.runs(range.from)), std::nullopt,
                                 {good(history.nvr_at(1, since)), {}, {}});
  good(snapshot.each_event(since, good(snapshot.head()), 1, [&](fleet::Event&& event) {
    if (event.at < range.to) meter.take(event);
    return true;
  }));
  return std::move(meter).finish();
}

void require_times_in_order(World& world) {
  fleet::WallMillis last = 0;
  for (const fleet::Event& event : nvrhub::test::events_in(world.data())) {
    REQUIRE(event.at >= last);
    last = event.at;
  }
}

/// Lets `time` pass in steps of a second, with liveness records as they become due.
void pass_in_seconds(World& world, std::chrono::seconds time) {
  for (auto left = time; left.count() > 0; left -= 1s)
    world.pass(1s);
}

} // namespace

TEST_CASE("maintenance: a clock that jumps ahead by a day adds no availability") {
  Online online(ticking());
  World& world = online.world;
  const fleet::WallMillis start = world.machine().wall;
  pass_in_seconds(world, 20s);
  world.machine().wall += day;
  pass_in_seconds(world, 20s);
  const fleet::Availability seen = availability(world, {start, world.machine().wall});
  CHECK(seen.offline == 0);
  CHECK(seen.online <= 40'000);
  CHECK(seen.online >= 40'000 - 3 * tick.count());
  CHECK(seen.unobserved >= day);
  CHECK(runs_of(world).size() == 2);
  CHECK(world.is_clean());
}

TEST_CASE("maintenance: a clock that jumps back by a day keeps events in order and removes no availability") {
  Online online(ticking());
  World& world = online.world;
  const fleet::WallMillis start = world.machine().wall;
  pass_in_seconds(world, 20s);
  const fleet::Availability before = availability(world, {start, start + 20'000});
  world.machine().wall -= day;
  world.heartbeat(*online.socket, report({{"c1", "offline"}}));
  pass_in_seconds(world, 20s);
  world.close(*online.socket);
  pass_in_seconds(world, 20s);
  require_times_in_order(world);
  CHECK(runs_of(world).size() == 1);
  CHECK(availability(world, {start, start + 20'000}).online == before.online);
  CHECK(availability(world, {start - day, start}).online == 0); // the day before

  world.machine().wall += day; // corrected: the length of the time in between is unknown
  world.auth("A", report({{"c1", "online"}, {"c2", "online"}}));
  pass_in_seconds(world, 20s);
  require_times_in_order(world);
  const fleet::Availability all = availability(world, {start, world.machine().wall});
  CHECK(all.online + all.offline <= 80'000);
  CHECK(world.is_clean());
}

TEST_CASE("maintenance: an event written while the clock was briefly a day ahead adds no availability") {
  Online online(ticking());
  World& world = online.world;
  const fleet::WallMillis start = world.machine().wall;
  pass_in_seconds(world, 20s);
  world.machine().wall += day;
  world.heartbeat(*online.socket, report({{"c1", "offline"}}));
  world.run();
  world.machine().wall -= day; // before the next liveness record
  pass_in_seconds(world, 20s);
  require_times_in_order(world);
  const fleet::Availability seen = availability(world, {start, start + 2 * day});
  CHECK(seen.online + seen.offline <= 40'000);
  CHECK(world.is_clean());
}

TEST_CASE("maintenance: for any clock changes, no more time is observed than has passed") {
  const std::uint64_t seed = Catch::rngSeed() != 0 ? Catch::rngSeed() : 1;
  for (std::uint64_t round = 0; round < 20; ++round) {
    INFO("seed " << seed << ", round " << round);
    std::mt19937_64 random(seed * 1'000 + round);
    Online online(ticking());
    World& world = online.world;
    SocketPtr socket = online.socket;
    fleet::WallMillis passed = 0;
    fleet::WallMillis earliest = world.machine().wall;
    fleet::WallMillis latest = earliest;
    for (int step = 0; step < 60; ++step) {
      switch (random() % 6) {
      case 0:
        world.machine().wall += day;
        break;
      case 1:
        world.machine().wall -= day;
        break;
      case 2:
        world.machine().wall += (random() % 2 == 0 ? 1 : -1) * hour;
        break;
      case 3:
        world.heartbeat(*socket, report({{"c1", random() % 2 == 0 ? "online" : "offline"}}));
        break;
      case 4:
        world.close(*socket);
        world.run();
        socket = world.auth("A", report({{"c1", "online"}}));
        break;
      default:
        break;
      }
      world.run();
      earliest = std::min(earliest, world.machine().wall);
      latest = std::max(latest, world.machine().wall);
      const auto seconds = static_cast<std::int64_t>(random() % 12);
      pass_in_seconds(world, std::chrono::seconds(seconds));
      passed += seconds * 1'000;
    }
    latest = std::max(latest, world.machine().wall) + 1;
    require_times_in_order(world);
    CHECK(length(runs_of(world)) <= passed + 2 * tick.count());
    const fleet::Availability seen = availability(world, {earliest, latest});
    CHECK(seen.online + seen.offline <= passed + 2 * tick.count());
    CHECK(seen.online + seen.offline + seen.unobserved == latest - earliest);
    REQUIRE(world.is_clean());
  }
}

TEST_CASE("maintenance: suspension is unobserved time; slowness and small clock corrections are not") {
  Online online(ticking());
  World& world = online.world;
  pass_in_seconds(world, 12s);
  REQUIRE(runs_of(world).size() == 1);
  SECTION("a little ahead") {
    world.machine().wall += 2 * tick.count();
    pass_in_seconds(world, 8s);
    CHECK(runs_of(world).size() == 1);
  }
  SECTION("slow: both clocks advanced, and no liveness record was written") {
    world.faults().failing_commits = 1000;
    pass_in_seconds(world, 600s);
    world.faults().failing_commits = 0;
    pass_in_seconds(world, 8s);
    CHECK(runs_of(world).size() == 1);
    CHECK(length(runs_of(world)) >= 600'000);
  }
  SECTION("suspended") {
    world.machine().wall += 600'000;
    pass_in_seconds(world, 8s);
    CHECK(runs_of(world).size() == 2);
    CHECK(length(runs_of(world)) <= 20'000);
  }
  CHECK(world.is_clean());
}

TEST_CASE("maintenance: history is deleted by the vouched time, not by the server time") {
  Setup setup = ticking();
  setup.store.history = std::chrono::hours(24);
  Online online(setup);
  World& world = online.world;
  const auto begin = [&] { return good(good(world.data().snapshot()).log_begin()); };
  const fleet::WallMillis start = world.machine().wall;
  fleet::WallMillis vouched = start;
  world.shared->retention_now = [&vouched] { return vouched; };
  pass_in_seconds(world, 8s);
  const fleet::WallMillis first_run = runs_of(world).front().from;
  world.machine().wall += 180 * day;
  world.heartbeat(*online.socket, report({{"c1", "offline"}}));
  pass_in_seconds(world, 20s);
  CHECK(begin() == 1);
  CHECK(runs_of(world).front().from == first_run);
  CHECK(good(good(world.data().snapshot()).times()).vouched == start);
  vouched = 0; // unknown
  pass_in_seconds(world, 8s);
  CHECK(begin() == 1);
  vouched = world.machine().wall; // confirmed
  pass_in_seconds(world, 8s);
  CHECK(begin() > 1);
  CHECK(world.is_clean());
}

TEST_CASE("maintenance: a liveness record that fails is retried with one warning, and loses no last_seen") {
  std::vector<std::string> warnings;
  Setup setup = ticking();
  setup.store.warn = [&](const std::string& text) { warnings.push_back(text); };
  Online online(setup);
  World& world = online.world;
  world.pass(1s);
  world.heartbeat(*online.socket);
  world.run();
  const fleet::WallMillis seen = world.machine().wall;
  REQUIRE(world.nvr("A")->last_seen < seen);

  world.faults().failing_commits = 1000;
  pass_in_seconds(world, 8s);
  CHECK(world.shared->degraded);
  CHECK(warnings.size() == 1);
  CHECK(world.faults().commits > 4); // more often than a liveness record is due
  CHECK(world.nvr("A")->last_seen < seen);
  world.faults().failing_commits = 0;
  world.pass(1s);
  CHECK_FALSE(world.shared->degraded);
  CHECK(warnings.size() == 2);
  CHECK(world.nvr("A")->last_seen == seen);
}

TEST_CASE("maintenance: a commit that succeeds ends the degraded state that a liveness record began") {
  Online online(ticking());
  World& world = online.world;
  world.faults().failing_commits = 1;
  while (!world.shared->degraded)
    world.pass(100ms);
  world.heartbeat(*online.socket, report({{"c1", "offline"}}), "1");
  world.run();
  CHECK_FALSE(world.shared->degraded);
  CHECK(online.socket->texts.size() == 1);
}

TEST_CASE("maintenance: while the store cannot be read, auths and operations wait as for a commit") {
  World world(ticking());
  world.register_nvr("A", {"c1"});
  world.faults().unreadable = true;
  const SocketPtr socket = world.auth("A", report({{"c1", "online"}}), "1");
  const auto registered = world.ingest("B");
  pass_in_seconds(world, 10s);
  CHECK(socket->texts.empty());
  CHECK(socket->closes.empty());
  CHECK(registered->empty());
  world.faults().unreadable = false;
  pass_in_seconds(world, 5s);
  CHECK(socket->texts == Texts{auth_ok("A", *socket, 1, 1, "1")});
  REQUIRE(registered->size() == 1);
  CHECK(registered->front());
  CHECK(world.is_clean());
}
