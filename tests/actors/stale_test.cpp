// Another server changes an NVR between the draft of a write and its commit. The tests write into the store directly.
#include <algorithm>

#include <catch2/catch.hpp>

#include "actors/nvr/drafts.hpp"
#include "actors/support/every_step.hpp"
#include "actors/support/online.hpp"
#include "store/support/stores.hpp"

using namespace nvrhub;
using namespace nvrhub::actors;
using namespace nvrhub::actors::test;

namespace {

using nvrhub::test::committed;
using nvrhub::test::write_of;

fleet::Event event_at(const World& world, fleet::Kind kind) {
  fleet::Event event;
  event.kind = kind;
  event.at = world.shared->now();
  return event;
}

/// Sets a camera of A, as a manual status through another server does.
void set_elsewhere(World& world, const std::string& camera, const std::string& status) {
  fleet::Event event = event_at(world, fleet::Kind::cameras);
  event.cameras.push_back({camera, *fleet::Status::parse(status), fleet::Source::manual});
  store::Write write = write_of(world.nvr("A")->id, {event});
  committed(world.data(), write);
}

/// Moves A to a site and adds a camera, as a registration through another server does.
void register_elsewhere(World& world, const std::string& site, const std::string& camera) {
  fleet::Event event = event_at(world, fleet::Kind::registered);
  event.nvr = *world.nvr("A");
  event.nvr->site = site;
  event.nvr->add(camera, "");
  store::Write write = write_of(event.nvr->id, {event});
  committed(world.data(), write);
}

void remove_elsewhere(World& world) {
  store::Write write = write_of(world.nvr("A")->id, {event_at(world, fleet::Kind::removed)});
  committed(world.data(), write);
}

std::size_t count_of(const Texts& texts, const std::string& part) {
  return static_cast<std::size_t>(std::count_if(
      texts.begin(), texts.end(), [&](const std::string& text) { return text.find(part) != std::string::npos; }));
}

Operation::Change site_of(const std::string& site) {
  Ingest change;
  change.registration.site = site;
  return change;
}

} // namespace

TEST_CASE("stale: a report is drafted again on the new state, and acked once") {
  Online online;
  World& world = online.world;
  world.heartbeat(*online.socket, report({{"c1", "offline"}}), "1");
  world.run_but_store();
  set_elsewhere(world, "c2", "tampered");
  world.run();
  CHECK(world.state("A") == "online c1=offline c2=tampered/manual");
  const fleet::Seq head = nvrhub::test::good(nvrhub::test::good(world.data().snapshot()).head());
  CHECK(online.socket->texts == Texts{ack("1", head, 1)});
  CHECK(online.socket->reports_done == 1);
  CHECK(online.socket->closes.empty());
  CHECK(world.is_clean());
}

TEST_CASE("stale: a report that the other change anticipated is acked without an event") {
  Online online;
  World& world = online.world;
  world.heartbeat(*online.socket, report({{"c1", "offline"}}), "1");
  world.run_but_store();
  set_elsewhere(world, "c1", "offline");
  world.run();
  CHECK(world.new_events().size() == 1);
  CHECK(count_of(online.socket->texts, R"("type":"ack","id":1)") == 1);
  CHECK(count_of(online.socket->texts, R"("cameras_updated":0)") == 1);
}

TEST_CASE("stale: two registrations do not erase each other's changes") {
  Online online;
  World& world = online.world;
  const auto replies = world.ingest("A", {"c3"});
  world.run_but_store();
  register_elsewhere(world, "North", "c4");
  world.run();
  REQUIRE(replies->size() == 1);
  REQUIRE(replies->front());
  CHECK_FALSE(replies->front()->created);
  CHECK(replies->front()->nvr.cameras.size() == 4);
  CHECK(world.nvr("A")->site == "North");
  CHECK(world.state("A") == "online c1=online c2=online c3=offline c4=offline");
  CHECK(world.is_clean());
}

TEST_CASE("stale: an auth is drafted again, and its session starts once") {
  World world;
  world.register_nvr("A", {"c1", "c2"});
  const SocketPtr socket = world.auth("A", report({{"c1", "online"}}));
  world.run_but_store();
  world.run_but_store();
  REQUIRE(socket->sessions_started == 0); // loading
  world.step();                           // the store answers the load
  world.run_but_store();
  REQUIRE(socket->sessions_started == 1);
  set_elsewhere(world, "c2", "tampered");
  world.run();
  CHECK(socket->sessions_started == 1);
  CHECK(count_of(socket->texts, R"("type":"auth_ok")") == 1);
  CHECK(socket->closes.empty());
  CHECK(world.nvr("A")->online);
  CHECK(world.is_clean());
}

TEST_CASE("stale: each change over HTTP is drafted again and answered once") {
  const std::pair<Operation::Change, std::string> changes[] = {
      {site_of("South"), "online c1=online c2=tampered/manual"},
      {Rename{"B"}, "none"},
      {RemoveNvr{}, "none"},
      {RemoveCamera{"c1"}, "online c2=tampered/manual"},
      {SetNvrStatus{false}, "offline c1=offline/nvr_unreachable c2=offline/nvr_unreachable"},
      {SetCameraStatus{"c1", *fleet::Status::parse("video_loss")}, "online c1=video_loss/manual c2=tampered/manual"},
  };
  for (const auto& [change, state] : changes) {
    Online online;
    World& world = online.world;
    const auto replies = world.operate("A", change);
    world.run_but_store();
    set_elsewhere(world, "c2", "tampered");
    world.run();
    REQUIRE(replies->size() == 1);
    CHECK(replies->front().has_value());
    CHECK(world.state("A") == state);
    if (std::holds_alternative<Rename>(change)) {
      CHECK(world.state("B") == "online c1=online c2=tampered/manual");
      CHECK(world.shared->hostnames.contains("B"));
    }
    CHECK(world.is_clean());
  }
}

TEST_CASE("stale: a close makes one offline, which covers what another server changed") {
  Online online;
  World& world = online.world;
  world.close(*online.socket);
  online.socket->session.reset();
  world.run_but_store();
  set_elsewhere(world, "c2", "tampered");
  world.run();
  CHECK(world.state("A") == "offline c1=offline/nvr_unreachable c2=offline/nvr_unreachable");
  CHECK(count_of(world.events(), "nvr_offline") == 1);
  CHECK(world.nvr_actors() == 0);
}

TEST_CASE("stale: what is pending is drafted again after what is in flight, in order") {
  Online online;
  World& world = online.world;
  world.heartbeat(*online.socket, report({{"c1", "offline"}, {"c2", "offline"}}), "1");
  world.run_but_store();
  world.heartbeat(*online.socket, report({{"c1", "online"}}), "2");
  world.heartbeat(*online.socket, report({{"c1", "video_loss"}}), "3");
  world.run_but_store();
  set_elsewhere(world, "c2", "tampered");
  world.run();
  CHECK(world.state("A") == "online c1=video_loss c2=offline");
  for (const char* id : {"1", "2", "3"})
    CHECK(count_of(online.socket->texts, R"("type":"ack","id":)" + std::string(id)) == 1);
}

TEST_CASE("stale: beyond the limit of kept reports they are refused, and the next one repairs what is lost") {
  Online online;
  World& world = online.world;
  const auto send = [&](std::size_t i) {
    world.heartbeat(*online.socket, report({{"c1", i % 2 == 0 ? "offline" : "online"}}), std::to_string(i));
    world.run_but_store();
  };
  const std::size_t last = Drafts::max_kept + 2; // one is in flight
  for (std::size_t i = 0; i <= last; ++i)
    send(i);
  set_elsewhere(world, "c2", "tampered");
  world.run();
  CHECK(count_of(online.socket->texts, R"("type":"ack")") == 0);
  CHECK(count_of(online.socket->texts, R"("code":"rate_limited")") == last + 1);
  CHECK(online.socket->repeatable_id == 0);
  CHECK(world.state("A") == "online c1=online c2=tampered/manual");
  world.heartbeat(*online.socket, report({{"c1", "offline"}}), "100");
  world.run();
  CHECK(count_of(online.socket->texts, R"("type":"ack","id":100)") == 1);
  CHECK(world.state("A") == "online c1=offline c2=tampered/manual");
}

TEST_CASE("stale: a report of very many entries is not kept, and refused") {
  Online online;
  World& world = online.world;
  const auto large = [] {
    auto made = report({{"c1", "offline"}});
    for (std::uint32_t i = 1; i < 10'000; ++i)
      made->cameras.push_back({i, "unknown camera", std::nullopt, fleet::Status::online()});
    return made;
  };
  world.heartbeat(*online.socket, large(), "1");
  world.run_but_store();
  set_elsewhere(world, "c2", "tampered");
  world.run();
  CHECK(count_of(online.socket->texts, R"("code":"rate_limited")") == 1);
  CHECK(world.state("A") == "online c1=online c2=tampered/manual");
  world.heartbeat(*online.socket, large(), "2"); // nothing interferes
  world.run();
  CHECK(count_of(online.socket->texts, R"("type":"ack","id":2)") == 1);
  CHECK(world.state("A") == "online c1=offline c2=tampered/manual");
}

TEST_CASE("stale: an NVR that changes before every commit ends in an error, not in an endless loop") {
  Online online;
  World& world = online.world;
  const auto replies = world.operate("A", RemoveCamera{"c1"});
  int steps = 0;
  for (; world.step() && replies->empty(); ++steps) {
    REQUIRE(steps < 200);
    set_elsewhere(world, "c2", steps % 2 == 0 ? "tampered" : "video_loss");
  }
  REQUIRE(replies->size() == 1);
  CHECK(replies->front().error() == OperationError::unavailable);
  world.run();
  CHECK(replies->size() == 1);
  const auto again = world.operate("A", RemoveCamera{"c1"}); // nobody interferes
  world.run();
  REQUIRE(again->size() == 1);
  CHECK(again->front().has_value());
}

TEST_CASE("stale: the NVR was removed through another server") {
  Online online;
  World& world = online.world;
  std::shared_ptr<Replies> replies;
  SECTION("its session is closed, and its report refused") {
    world.heartbeat(*online.socket, report({{"c1", "offline"}}), "1");
    world.run_but_store();
    remove_elsewhere(world);
    world.run();
    CHECK(count_of(online.socket->texts, R"("code":"unknown_hostname")") == 1);
    CHECK(world.state("A") == "none");
  }
  SECTION("a registration makes a new NVR") {
    replies = world.ingest("A", {"c9"});
    world.run_but_store();
    remove_elsewhere(world);
    world.run();
    REQUIRE(replies->size() == 1);
    REQUIRE(replies->front());
    CHECK(replies->front()->created);
    CHECK(world.state("A") == "offline c9=offline");
    return;
  }
  SECTION("a removal finds nothing") {
    replies = world.operate("A", RemoveNvr{});
    world.run_but_store();
    remove_elsewhere(world);
    world.run();
    REQUIRE(replies->size() == 1);
    CHECK(replies->front().error() == OperationError::not_found);
  }
  CHECK(online.socket->closes == std::vector{protocol::CloseCode::unknown_hostname});
  CHECK(world.nvr_actors() == 0);
  CHECK(world.is_clean());
}

TEST_CASE("stale: an NVR that was registered through another server meanwhile is updated") {
  World world;
  const auto replies = world.ingest("A", {"c1"});
  world.run_but_store();
  world.step(); // the load
  world.run_but_store();
  fleet::Event event = event_at(world, fleet::Kind::registered);
  event.nvr = nvrhub::test::nvr_named("A", {"c2"});
  event.nvr->site = "North";
  store::Write write = write_of(0, {event});
  const fleet::NvrId id = committed(world.data(), write);
  world.run();
  REQUIRE(replies->size() == 1);
  REQUIRE(replies->front());
  CHECK_FALSE(replies->front()->created);
  CHECK(replies->front()->nvr.id == id);
  CHECK(world.nvr("A")->site == "North");
  CHECK(world.state("A") == "offline c1=offline c2=offline");
}

TEST_CASE("stale: a change elsewhere at any step loses nothing, and everything is answered once") {
  SocketPtr socket;
  std::shared_ptr<Replies> replies;
  at_every_step(
      [&](World& world) {
        world.register_nvr("A", {"c1", "c2"});
        socket = world.auth("A", report({{"c1", "online"}}));
        world.heartbeat(*socket, report({{"c1", "offline"}}), "1");
        replies = world.ingest("A", {"c3"});
      },
      [](World& world) {
        register_elsewhere(world, "North", "c4");
        return 0;
      },
      [&](World& world, int) {
        REQUIRE(replies->size() == 1);
        REQUIRE(replies->front().has_value());
        CHECK(world.nvr("A")->site == "North");
        CHECK(world.state("A") == "online c1=offline c2=offline c3=offline c4=offline");
        CHECK(count_of(socket->texts, R"("type":"auth_ok")") == 1);
        CHECK(count_of(socket->texts, R"("type":"ack","id":1)") == 1);
        CHECK(socket->sessions_started == 1);
        CHECK(socket->closes.empty());
        CHECK(world.nvr_actors() == 1);
      });
}

TEST_CASE("stale: a stop while an NVR is loaded again acks only what is durable") {
  SocketPtr socket;
  at_every_step(
      [&](World& world) {
        world.register_nvr("A", {"c1", "c2"});
        socket = world.auth("A", report({{"c1", "online"}}));
        world.run();
        world.heartbeat(*socket, report({{"c1", "offline"}}), "1");
        world.run_but_store();
        set_elsewhere(world, "c2", "tampered");
      },
      [](World& world) {
        world.drain();
        return 0;
      },
      [&](World& world, int) {
        CHECK(count_of(socket->texts, R"("type":"ack","id":1)") == 1);
        CHECK(world.state("A") == "online c1=offline c2=tampered/manual");
        CHECK(world.drained());
      });
}
