// Failed commits are retried. Until one succeeds nothing is acknowledged or published, and nothing is lost.
#include <catch2/catch.hpp>

#include <span>

#include "actors/support/describe.hpp"
#include "actors/support/online.hpp"

using namespace nvrhub;
using namespace nvrhub::actors;
using namespace nvrhub::actors::test;

TEST_CASE("failing commits: they are retried until one succeeds, with one warning") {
  std::vector<std::string> warnings;
  Setup setup;
  setup.store.retry = 100ms;
  setup.store.warn = [&](const std::string& text) { warnings.push_back(text); };
  Online online(setup);
  World& world = online.world;
  world.faults().failing_commits = 3;
  world.heartbeat(*online.socket, report({{"c1", "offline"}}), "1");
  world.run();
  CHECK(world.shared->degraded);
  for (int attempt = 2; attempt <= 3; ++attempt) {
    world.pass(100ms);
    CHECK(world.faults().commits == attempt);
  }
  world.heartbeat(*online.socket, report({{"c1", "video_loss"}}), "2");
  world.heartbeat(*online.socket, nullptr, "3");
  world.run();
  CHECK(world.shared->degraded);
  CHECK(warnings.size() == 1);
  CHECK(online.socket->texts.empty());
  CHECK(world.publisher->legacy.empty());
  CHECK(world.new_events().empty());

  world.pass(100ms);
  CHECK_FALSE(world.shared->degraded);
  CHECK(warnings.size() == 2);
  CHECK(world.new_events() == Texts{"cameras A 1 c1=offline", "cameras A 1 c1=video_loss"});
  CHECK(online.socket->texts == Texts{ack("1", 3, 1), ack("2", 4, 1), ack("3", 4, 0)});
  CHECK(world.publisher->legacy.size() == 2);
  world.pass(10s);
  CHECK(world.new_events().empty());
  CHECK(world.is_clean());
}

TEST_CASE("failing commits: a change is logged once it is committed, with the former status") {
  std::vector<std::string> logged;
  Setup setup;
  setup.store.log_changes = [&](std::span<const fleet::Event> events) {
    for (const fleet::Event& event : events)
      logged.push_back(event.device_name + " " + describe(event) + " " +
                       (event.cameras.empty() ? "" : std::string(event.cameras[0].from.text())));
  };
  Online online(setup);
  World& world = online.world;
  logged.clear();
  world.faults().failing_commits = 1;
  world.heartbeat(*online.socket, report({{"c1", "offline"}}));
  world.run();
  CHECK(logged.empty());
  world.pass(250ms);
  world.close(*online.socket);
  world.run();
  CHECK(logged == Texts{"A cameras A 1 c1=offline online", "A nvr_offline A 1 closed "});
}

TEST_CASE("failing commits: writes queued during the retries are part of the commit that succeeds") {
  Online online;
  World& world = online.world;
  world.faults().failing_commits = 1;
  world.heartbeat(*online.socket, report({{"c1", "offline"}}), "1");
  world.run();
  const auto registered = world.ingest("B", {"c"});
  world.run();
  CHECK(registered->empty());
  world.pass(250ms);
  CHECK(world.faults().commits == 2);
  CHECK(world.new_events() == Texts{"cameras A 1 c1=offline", "registered B"});
  CHECK(registered->size() == 1);
  CHECK(online.socket->texts == Texts{ack("1", 4, 1)}); // the head of the batch
}

TEST_CASE("failing commits: a new NVR whose registration was retried gets one nvr_id") {
  Setup setup;
  setup.settings.enroll_auto = true;
  World world(setup);
  world.faults().failing_commits = 2;
  const SocketPtr socket = world.auth("B", report({{"c", "online"}}));
  world.run();
  CHECK(socket->texts.empty());
  world.pass(250ms);
  world.pass(250ms);
  CHECK(socket->texts == Texts{auth_ok("B", *socket, 1)});
  CHECK(world.events() == Texts{"registered B", "nvr_online B 1 c=online"});
  CHECK(world.is_clean());
}

TEST_CASE("failing commits: online periods during the failure are recorded in order") {
  World world;
  world.register_nvr("A", {"c"});
  world.faults().failing_commits = 1;
  for (int i = 0; i < 2; ++i) {
    const SocketPtr socket = world.auth("A", report({{"c", "online"}}));
    world.run();
    world.close(*socket);
    world.run();
  }
  CHECK(world.new_events().empty());
  CHECK(world.nvr_actors() == 1);
  world.pass(250ms);
  CHECK(world.new_events() == Texts{"nvr_online A 1 c=online", "nvr_offline A 1 closed", "nvr_online A 1 c=online",
                                    "nvr_offline A 1 closed"});
  CHECK(world.nvr_actors() == 0);
  CHECK(world.is_clean());
}

TEST_CASE("failing commits: online periods above the limit of pending events are refused, not lost") {
  World world;
  world.register_nvr("A");
  world.faults().failing_commits = 1;
  int refused = 0;
  for (int i = 0; i < 60; ++i) {
    const SocketPtr socket = world.auth("A");
    world.run();
    if (socket->sessions_started == 1) {
      world.close(*socket);
    } else {
      ++refused;
      CHECK(socket->closes == std::vector{protocol::CloseCode::too_slow});
    }
    world.run();
  }
  CHECK(refused > 0);
  world.pass(250ms);
  CHECK(world.new_events().size() == static_cast<std::size_t>(2 * (60 - refused)));
  const SocketPtr socket = world.auth("A");
  world.run();
  CHECK(socket->texts.size() == 1);
}
