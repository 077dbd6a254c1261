// Two recorders with one hostname that replace each other repeatedly. protocol.md, "Takeover".
#include <algorithm>

#include <catch2/catch.hpp>

#include "actors/support/world.hpp"

using namespace nvrhub;
using namespace nvrhub::actors;
using namespace nvrhub::actors::test;
using Catch::Matchers::Contains;
using protocol::CloseCode;
using Closes = std::vector<CloseCode>;

namespace {

std::ptrdiff_t conflicts(const Texts& events) {
  return std::count(events.begin(), events.end(), "conflict A");
}

} // namespace

TEST_CASE("takeover limit: more takeovers within a minute are refused with retry_after, with one conflict event") {
  Setup setup;
  setup.settings.takeovers_per_minute = 3;
  World world(setup);
  world.register_nvr("A", {"c"});
  std::vector<SocketPtr> sessions;
  for (int i = 0; i <= 3; ++i) {
    sessions.push_back(world.auth("A", report({{"c", "online"}})));
    world.pass(10s);
    CHECK(sessions.back()->sessions_started == 1);
  }
  world.new_events();

  const SocketPtr refused = world.auth("A", report({{"c", "offline"}}), "9");
  world.run();
  CHECK(refused->sessions_started == 0);
  CHECK(refused->closes == Closes{CloseCode::too_slow});
  REQUIRE(refused->texts.size() == 1);
  // Takeovers at 10, 20 and 30 s; it is 40 s now.
  CHECK_THAT(refused->texts[0],
             Contains(R"("code":"rate_limited")") && Contains(R"("retry_after":30)") && Contains(R"("id":9)"));
  CHECK(world.new_events() == Texts{"conflict A"});
  CHECK(sessions.back()->closes.empty());

  const SocketPtr again = world.auth("A", report({{"c", "offline"}}));
  world.run();
  CHECK(again->closes == Closes{CloseCode::too_slow});
  CHECK(world.new_events().empty()); // no second conflict event
  CHECK(world.state("A") == "online c=online");

  world.pass(30s); // the retry_after
  const SocketPtr back = world.auth("A", report({{"c", "offline"}}));
  world.run();
  CHECK(back->sessions_started == 1);
  CHECK(sessions.back()->closes == Closes{CloseCode::replaced});
  CHECK(world.new_events() == Texts{"nvr_online A 1 c=offline"});
}

TEST_CASE("takeover limit: a continuing conflict causes one event a minute") {
  Setup setup;
  setup.settings.takeovers_per_minute = 1;
  World world(setup);
  world.register_nvr("A");
  world.auth("A");
  for (int second = 0; second < 150; ++second) {
    world.auth("A");
    world.pass(1s);
  }
  const Texts events = world.new_events();
  CHECK(conflicts(events) == 3);
}

TEST_CASE("takeover limit: 0 means no limit") {
  Setup setup;
  setup.settings.takeovers_per_minute = 0;
  World world(setup);
  world.register_nvr("A");
  for (int i = 0; i < 50; ++i) {
    const SocketPtr socket = world.auth("A");
    world.run();
    CHECK(socket->sessions_started == 1);
  }
  CHECK(conflicts(world.new_events()) == 0);
}

TEST_CASE("takeover limit: a reconnect after a close does not count") {
  Setup setup;
  setup.settings.takeovers_per_minute = 1;
  World world(setup);
  world.register_nvr("A");
  for (int i = 0; i < 10; ++i) {
    const SocketPtr socket = world.auth("A");
    world.run();
    CHECK(socket->sessions_started == 1);
    world.close(*socket);
    world.run();
  }
}
