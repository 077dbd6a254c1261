// The store actor: what it groups, answers and does in the background.
#include <catch2/catch.hpp>

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/support/describe.hpp"
#include "actors/support/world.hpp"
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

/// Stands in for an NVR actor and keeps what the store answers.
NvrActor::behavior_type owner(NvrActor::pointer, Answers* answers) {
  return {
      [](const Attach&) {},
      [](const Report&) {},
      [](const Closed&) {},
      [](const GraceOver&) {},
      [](const Operation&) {},
      [](const Expire&) {},
      [=](const Loaded& message) { answers->loaded.push_back(message); },
      [=](const Written& message) { answers->written.push_back(message.job); },
      [](const PassivateOk&) {},
      [](const Drain&) {},
  };
}

/// A World with such an owner.
struct Office {
  Answers answers;
  World world;
  NvrActor nvr;

  explicit Office(Setup setup = {}) : world(std::move(setup)), nvr(world.system().spawn(owner, &answers)) {}
  ~Office() { caf::anon_send_exit(nvr, caf::exit_reason::kill); }

  JobPtr write(fleet::NvrId id, std::vector<fleet::Event> events, fleet::SessionNumber session = 0) {
    auto job = std::make_shared<WriteJob>();
    job->write = nvrhub::test::write_of(id, std::move(events), session);
    caf::send_as(nvr, world.store, job);
    return job;
  }
  JobPtr register_nvr(const std::string& hostname) {
    return write(0, {nvrhub::test::registered(nvrhub::test::nvr_named(hostname, {"c"}), world.machine().wall)});
  }
};

} // namespace

TEST_CASE("store: writes that queue up before the commit make one transaction") {
  Office office;
  std::vector<JobPtr> jobs;
  for (int i = 1; i <= 100; ++i)
    jobs.push_back(office.register_nvr("host" + std::to_string(i)));
  office.world.run();
  CHECK(office.world.faults().commits == 1);
  CHECK(office.answers.written == jobs); // answered in order
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    REQUIRE(jobs[i]->outcome);
    CHECK(*jobs[i]->outcome == i + 1);
    CHECK(jobs[i]->head == 100);
  }
  CHECK(office.world.shared->head == 100);
}

TEST_CASE("store: a storm is committed in bounded transactions") {
  Office office;
  const JobPtr first = office.register_nvr("host");
  for (int i = 1; i < 4097; ++i)
    office.write(1, {});
  office.world.run();
  CHECK(office.world.faults().commits == 2);
  CHECK(office.answers.written.size() == 4097);
}

TEST_CASE("store: a refused write is answered with why, and moves no head") {
  Office office;
  office.register_nvr("A");
  office.world.run();
  const JobPtr taken = office.register_nvr("A");
  office.world.run();
  REQUIRE_FALSE(taken->outcome);
  CHECK(taken->outcome.error().code == store::Errc::taken);
  CHECK(taken->head == 1);
  CHECK(office.world.shared->head == 1);
}

TEST_CASE("store: in a batch with a refused write the others have the head of what was committed") {
  Office office;
  office.register_nvr("A");
  office.write(1, {}, 9);
  office.world.run();
  const JobPtr fenced = office.write(1, {nvrhub::test::offline(1)}, 8);
  const JobPtr fine = office.register_nvr("B");
  office.world.run();
  REQUIRE_FALSE(fenced->outcome);
  CHECK(fenced->outcome.error().code == store::Errc::fenced);
  CHECK(*fine->outcome == 2);
  CHECK(fine->head == 2);
  CHECK(office.world.events() == Texts{"registered A", "registered B"});
}

TEST_CASE("store: a load tells of what is committed") {
  Office office;
  office.register_nvr("A");
  office.world.run();
  caf::send_as(office.nvr, office.world.store, Load{"A"});
  caf::send_as(office.nvr, office.world.store, Load{"B"});
  office.world.run();
  REQUIRE(office.answers.loaded.size() == 2);
  const auto& known = *office.answers.loaded[0].result;
  REQUIRE(known);
  REQUIRE(known->has_value());
  CHECK((*known)->id == 1);
  CHECK(describe(**known) == "offline c=offline");
  const auto& unknown = *office.answers.loaded[1].result;
  REQUIRE(unknown);
  CHECK_FALSE(unknown->has_value());
}

TEST_CASE("store: last_seen is flushed every tick, in one transaction, and when the actor leaves") {
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
  CHECK(world.faults().commits == 1); // nothing moved

  world.heartbeat(*a);
  world.run();
  CHECK(world.nvr("A")->last_seen == before + 1000);
  caf::anon_send_exit(world.store, caf::exit_reason::user_shutdown);
  world.run();
  CHECK(world.nvr("A")->last_seen == world.machine().wall);
}

TEST_CASE("store: while commits fail a tick leaves the disk alone") {
  World world;
  world.register_nvr("A", {"c"});
  const SocketPtr socket = world.auth("A", report({{"c", "online"}}));
  world.run();
  world.pass(1s);
  world.faults().commits = 0;
  world.faults().failing_commits = 1000;
  world.heartbeat(*socket, report({{"c", "offline"}})); // moves last_seen, too
  world.run();
  CHECK(world.faults().commits == 1);
  world.advance(5s); // a retry and a tick
  world.run();
  CHECK(world.faults().commits == 2);
}

TEST_CASE("store: old history is pruned in slices, so that commits get their turn") {
  Setup setup;
  setup.store.tick = 5s;
  setup.store.history = std::chrono::hours(1);
  Office office(setup);
  World& world = office.world;
  const auto log_begin = [&] { return good(good(world.data().snapshot()).log_begin()); };
  std::vector<fleet::Event> events{nvrhub::test::registered(nvrhub::test::nvr_named("A"), world.machine().wall)};
  events.resize(4500, nvrhub::test::event_of(fleet::Kind::conflict, world.machine().wall));
  office.write(0, std::move(events));
  world.run();
  world.machine().wall += 2 * 3'600'000;
  office.write(1, {nvrhub::test::event_of(fleet::Kind::conflict, world.machine().wall)});
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
  CHECK(log_begin() == 4501); // the recent one stays
  CHECK(world.is_clean());
}

TEST_CASE("store: without a limit history is kept for ever") {
  Setup setup;
  setup.store.history = std::chrono::hours(0);
  Office office(setup);
  office.register_nvr("A");
  office.world.run();
  office.world.machine().wall += std::int64_t{1000} * 24 * 3'600'000;
  office.world.pass(5s);
  CHECK(good(good(office.world.data().snapshot()).log_begin()) == 1);
}
