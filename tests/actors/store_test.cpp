// The store actor: batches, answers and maintenance.
#include <catch2/catch.hpp>

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/support/describe.hpp"
#include "actors/support/world.hpp"
#include "store/history/history.hpp"
#include "store/records/keys.hpp"
#include "store/support/stores.hpp"

using namespace nvrhub;
using namespace nvrhub::actors;
using namespace nvrhub::actors::test;
using nvrhub::test::good;
using JobPtr = std::shared_ptr<WriteJob>;

namespace {

struct Answers {
  std::vector<JobPtr> written;
  std::vector<Loaded> loaded;
};

/// Takes the place of an NVR actor and records the answers of the store.
NvrActor::behavior_type owner(NvrActor::pointer, Answers* answers) {
  return {
      [](const StartSession&) {},
      [](const Report&) {},
      [](const SessionClosed&) {},
      [](const OfflineGraceExpired&) {},
      [](const Operation&) {},
      [](const RestartGraceExpired&) {},
      [=](const Loaded& message) { answers->loaded.push_back(message); },
      [=](const Written& message) { answers->written.push_back(message.job); },
      [](const PassivateGranted&) {},
      [](const SessionClaimed&) {},
      [](const ChangedElsewhere&) {},
      [](const Drain&) {},
  };
}

/// A World with such an actor.
struct StoreFixture {
  Answers answers;
  World world;
  NvrActor nvr;

  explicit StoreFixture(Setup setup = {}) : world(std::move(setup)), nvr(world.system().spawn(owner, &answers)) {}
  ~StoreFixture() { caf::anon_send_exit(nvr, caf::exit_reason::kill); }

  JobPtr write(fleet::NvrId id, std::vector<fleet::Event> events, fleet::SessionNumber number = 0) {
    auto job = std::make_shared<WriteJob>();
    job->write = nvrhub::test::write_of(id, std::move(events), number);
    caf::send_as(nvr, world.store, job);
    return job;
  }
  JobPtr register_nvr(const std::string& hostname) {
    return write(0, {nvrhub::test::registered(nvrhub::test::nvr_named(hostname, {"c"}), world.machine().wall)});
  }
};

} // namespace

TEST_CASE("store: writes queued before a commit are one transaction") {
  StoreFixture fixture;
  std::vector<JobPtr> jobs;
  for (int i = 1; i <= 100; ++i)
    jobs.push_back(fixture.register_nvr("host" + std::to_string(i)));
  fixture.world.run();
  CHECK(fixture.world.faults().commits == 1);
  CHECK(fixture.answers.written == jobs); // answered in order
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    REQUIRE(jobs[i]->outcome);
    CHECK(*jobs[i]->outcome == i + 1);
    CHECK(jobs[i]->head == 100);
  }
  CHECK(fixture.world.shared->head == 100);
}

TEST_CASE("store: a transaction has at most 4,096 writes") {
  StoreFixture fixture;
  const JobPtr first = fixture.register_nvr("host");
  for (int i = 1; i < 4097; ++i)
    fixture.write(1, {});
  fixture.world.run();
  CHECK(fixture.world.faults().commits == 2);
  CHECK(fixture.answers.written.size() == 4097);
}

TEST_CASE("store: at a high write rate commits are delayed, at a low one they begin at once") {
  const StoreOptions options;
  StoreFixture fixture;
  const auto commits_of = [&](int writes) {
    const std::size_t before = fixture.world.faults().commits;
    for (int i = 0; i < writes; ++i) {
      fixture.write(1, {});
      fixture.world.run();
    }
    return fixture.world.faults().commits - before;
  };
  fixture.register_nvr("host");
  fixture.world.run();
  CHECK(commits_of(50) == 50); // all at one time, but the rate is not yet measured

  fixture.world.advance(100ms);
  for (int i = 0; i < 200; ++i)
    fixture.write(1, {});
  fixture.world.run(); // 250 within 100 ms
  CHECK(commits_of(2) == 0);
  fixture.world.pass(options.gather);
  CHECK(fixture.answers.written.size() == 253);
  CHECK(commits_of(1) == 0); // still delayed
  fixture.world.pass(options.gather);
  CHECK(fixture.answers.written.size() == 254);

  fixture.world.pass(200ms);
  CHECK(commits_of(1) == 1); // the first that measures the low rate
  CHECK(commits_of(1) == 1);
}

TEST_CASE("store: a refused write is answered with the reason, and does not move the head") {
  StoreFixture fixture;
  fixture.register_nvr("A");
  fixture.world.run();
  const JobPtr taken = fixture.register_nvr("A");
  fixture.world.run();
  REQUIRE_FALSE(taken->outcome);
  CHECK(taken->outcome.error().code == store::Errc::taken);
  CHECK(taken->head == 1);
  CHECK(fixture.world.shared->head == 1);
}

TEST_CASE("store: in a batch with a refused write the others are answered with the committed head") {
  StoreFixture fixture;
  fixture.register_nvr("A");
  fixture.write(1, {}, 9);
  fixture.world.run();
  const JobPtr fenced = fixture.write(1, {nvrhub::test::offline(1)}, 8);
  const JobPtr fine = fixture.register_nvr("B");
  fixture.world.run();
  REQUIRE_FALSE(fenced->outcome);
  CHECK(fenced->outcome.error().code == store::Errc::fenced);
  CHECK(*fine->outcome == 2);
  CHECK(fine->head == 2);
  CHECK(fixture.world.events() == Texts{"registered A", "registered B"});
}

TEST_CASE("store: a load is answered with the committed NVR") {
  StoreFixture fixture;
  fixture.register_nvr("A");
  fixture.world.run();
  caf::send_as(fixture.nvr, fixture.world.store, Load{"A"});
  caf::send_as(fixture.nvr, fixture.world.store, Load{"B"});
  fixture.world.run();
  REQUIRE(fixture.answers.loaded.size() == 2);
  const auto& known = *fixture.answers.loaded[0].result;
  REQUIRE(known);
  REQUIRE(known->has_value());
  CHECK((*known)->id == 1);
  CHECK(describe(**known) == "offline c=offline");
  const auto& unknown = *fixture.answers.loaded[1].result;
  REQUIRE(unknown);
  CHECK_FALSE(unknown->has_value());
}

TEST_CASE("store: last_seen is flushed every tick, in one transaction, and when the actor ends") {
  Setup setup;
  setup.store.tick = 5s;
  World world(setup);
  world.register_nvr("A");
  world.register_nvr("B");
  const SocketPtr a = world.auth("A");
  const SocketPtr b = world.auth("B");
  world.pass(1s);
  const fleet::WallMillis before = world.nvr("A")->last_seen;
  world.heartbeat(*a);
  world.heartbeat(*b);
  world.run();
  world.faults().commits = 0;
  CHECK(world.nvr("A")->last_seen == before);
  world.pass(4s);
  CHECK(world.faults().commits == 1);
  CHECK(world.nvr("A")->last_seen == before + 1000);
  CHECK(world.nvr("B")->last_seen == before + 1000);
  world.pass(5s);
  CHECK(world.faults().commits == 2); // nothing moved: only the liveness record is written

  world.heartbeat(*a);
  world.run();
  CHECK(world.nvr("A")->last_seen == before + 1000);
  caf::anon_send_exit(world.store, caf::exit_reason::user_shutdown);
  world.run();
  CHECK(world.nvr("A")->last_seen == world.machine().wall);
}

namespace {

std::vector<fleet::Span> runs_of(World& world) {
  const store::Snapshot snapshot = good(world.data().snapshot());
  return good(store::History(snapshot).runs(0));
}

} // namespace

TEST_CASE("store: liveness records cover the time the server ran, within a tick if it is killed") {
  auto machine = std::make_shared<Machine>();
  const fleet::WallMillis start = machine->wall;
  {
    Setup setup;
    setup.machine = machine;
    setup.store.tick = 4s;
    World world(setup);
    for (int i = 0; i < 10; ++i)
      world.pass(1s);
    CHECK(runs_of(world) == std::vector<fleet::Span>{{start + 4'000, start + 8'000}});
    world.pass(1s);
  } // the actor ends as it does on SIGTERM
  const store::Snapshot snapshot = good(machine->data->snapshot());
  CHECK(machine->wall > start + 9'000);
  CHECK(good(store::History(snapshot).runs(0)) == std::vector<fleet::Span>{{start + 4'000, machine->wall}});
}

TEST_CASE("store: liveness records keep their interval while old history is pruned in slices") {
  Setup setup;
  setup.store.tick = 4s;
  setup.store.history = std::chrono::hours(1);
  StoreFixture fixture(setup);
  World& world = fixture.world;
  std::vector<fleet::Event> events{nvrhub::test::registered(nvrhub::test::nvr_named("A"), world.machine().wall)};
  events.resize(30'000, nvrhub::test::event_of(fleet::Kind::conflict, world.machine().wall));
  fixture.write(0, std::move(events));
  world.run();
  world.pass(4s);
  world.machine().wall += 2 * 3'600'000;
  world.pass(4s);
  CHECK(good(good(world.data().snapshot()).log_begin()) == 501);
  fleet::WallMillis last = runs_of(world).back().to;
  fleet::WallMillis longest = 0;
  for (int i = 0; i < 600; ++i) {
    world.pass(20ms);
    const fleet::WallMillis marked = runs_of(world).back().to;
    longest = std::max(longest, marked - last);
    last = marked;
  }
  CHECK(good(good(world.data().snapshot()).log_begin()) > 30'000);
  CHECK(longest >= 4'000);
  CHECK(longest <= 4'100);
}

TEST_CASE("store: a wall clock that jumps ahead ends the run, one that goes back does not") {
  Setup setup;
  setup.store.tick = 4s;
  World world(setup);
  const fleet::WallMillis start = world.machine().wall;
  world.pass(4s);
  world.pass(4s);
  world.machine().wall += 3'600'000; // as after a suspend
  world.pass(4s);
  world.pass(4s);
  CHECK(runs_of(world) ==
        std::vector<fleet::Span>{{start + 4'000, start + 8'000}, {start + 3'612'000, start + 3'616'000}});
  world.machine().wall -= 7'200'000;
  world.pass(4s);
  world.pass(4s);
  CHECK(runs_of(world).size() == 2);
  CHECK(runs_of(world).back().to == start + 3'616'000);
  CHECK(world.is_clean());
}

TEST_CASE("store: changed NVRs get checkpoints, in slices between commits") {
  Setup setup;
  setup.store.tick = 4s;
  StoreFixture fixture(setup);
  World& world = fixture.world;
  std::vector<std::string> cameras;
  for (int i = 0; i < 49; ++i)
    cameras.push_back("camera " + std::to_string(i));
  for (int i = 0; i < 100; ++i) {
    std::vector<fleet::Event> events{
        nvrhub::test::registered(nvrhub::test::nvr_named("host" + std::to_string(i), cameras), world.machine().wall)};
    events.resize(40, nvrhub::test::event_of(fleet::Kind::conflict, world.machine().wall));
    fixture.write(0, std::move(events));
  }
  world.run();
  const auto checkpoints = [&] {
    const store::Snapshot snapshot = good(world.data().snapshot());
    int found = 0;
    for (fleet::NvrId id = 1; id <= 100; ++id) {
      const auto last = good(snapshot.txn().before(store::Table::nvr_events, store::nvr_key(id + 1)));
      REQUIRE(last.has_value());
      found += last->second.empty() ? 0 : 1;
    }
    return found;
  };
  CHECK(checkpoints() == 0);
  world.pass(4s);
  int before = 0;
  for (int slices = 0; before < 100; ++slices) {
    REQUIRE(slices < 10);
    const int now = checkpoints();
    REQUIRE(now > before);
    REQUIRE(now - before <= 40);
    before = now;
    world.pass(40ms);
  }
  world.faults().commits = 0;
  world.pass(4s);
  world.pass(4s);
  CHECK(world.faults().commits == 2); // liveness records: no NVR has changed since
  CHECK(world.is_clean());
}

TEST_CASE("store: while commits fail a tick does not write") {
  World world;
  world.register_nvr("A", {"c"});
  const SocketPtr socket = world.auth("A", report({{"c", "online"}}));
  world.run();
  world.pass(1s);
  world.faults().commits = 0;
  world.faults().failing_commits = 1000;
  world.heartbeat(*socket, report({{"c", "offline"}})); // also moves last_seen
  world.run();
  CHECK(world.faults().commits == 1);
  world.advance(5s); // a retry and a tick
  world.run();
  CHECK(world.faults().commits == 2);
}

TEST_CASE("store: old history is pruned in slices, between commits") {
  Setup setup;
  setup.store.tick = 5s;
  setup.store.history = std::chrono::hours(1);
  StoreFixture fixture(setup);
  World& world = fixture.world;
  const auto log_begin = [&] { return good(good(world.data().snapshot()).log_begin()); };
  std::vector<fleet::Event> events{nvrhub::test::registered(nvrhub::test::nvr_named("A"), world.machine().wall)};
  events.resize(4500, nvrhub::test::event_of(fleet::Kind::conflict, world.machine().wall));
  fixture.write(0, std::move(events));
  world.run();
  world.machine().wall += 2 * 3'600'000;
  fixture.write(1, {nvrhub::test::event_of(fleet::Kind::conflict, world.machine().wall)});
  world.pass(5s);
  fleet::Seq begin = log_begin();
  CHECK(begin > 1);
  CHECK(begin < 4501); // not all at once
  while (begin < 4501) {
    world.pass(50ms); // the next slice does not wait for a whole tick
    REQUIRE(log_begin() > begin);
    begin = log_begin();
  }
  world.pass(5s);
  CHECK(log_begin() == 4501); // the recent event stays
  CHECK(world.is_clean());
}

TEST_CASE("store: --history-days 0 keeps the history for ever") {
  Setup setup;
  setup.store.history = std::chrono::hours(0);
  StoreFixture fixture(setup);
  fixture.register_nvr("A");
  fixture.world.run();
  fixture.world.machine().wall += std::int64_t{1000} * 24 * 3'600'000;
  fixture.world.pass(5s);
  CHECK(good(good(fixture.world.data().snapshot()).log_begin()) == 1);
}
