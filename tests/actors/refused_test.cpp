// When the store refuses a write, the NVR actor discards its pending changes and reloads the NVR from the store.
// Messages that arrive meanwhile must neither be lost nor be acknowledged by mistake.
#include <algorithm>

#include <catch2/catch.hpp>

#include "actors/support/every_step.hpp"

using namespace nvrhub;
using namespace nvrhub::actors;
using namespace nvrhub::actors::test;

namespace {

SocketPtr session;

/// A is online, B exists, and a rename of A to B is sent.
void rename_to_a_taken_name(World& world) {
  world.register_nvr("A", {"c"});
  world.register_nvr("B");
  session = world.auth("A", report({{"c", "online"}}));
  world.run();
  world.operate("A", Rename{"B"});
}

bool has(const Texts& texts, const std::string& text) {
  return std::any_of(texts.begin(), texts.end(),
                     [&](const std::string& one) { return one.find(text) != std::string::npos; });
}

} // namespace

TEST_CASE("refused write: an operation at any step is answered once, with the true result") {
  at_every_step(
      rename_to_a_taken_name, [](World& world) { return world.ingest("A", {"c2"}); },
      [](World& world, const std::shared_ptr<Replies>& replies) {
        REQUIRE(replies->size() == 1);
        CHECK(world.state("A") == (replies->front() ? "online c=online c2=offline" : "online c=online"));
        CHECK(world.nvr_actors() == 1);
      });
}

TEST_CASE("refused write: a report at any step is acked only if it is durable") {
  at_every_step(
      [](World& world) {
        rename_to_a_taken_name(world);
        world.run_but_store();
        world.heartbeat(*session, report({{"c", "offline"}}), "1");
      },
      [](World& world) {
        world.heartbeat(*session, report({{"c", "offline"}}), "2");
        return 0;
      },
      [](World& world, int) {
        CHECK(session->reports_done == 2);
        if (has(session->texts, R"("type":"ack","id":2)")) CHECK(world.state("A") == "online c=offline");
      });
}

TEST_CASE("refused write: after a close and an auth at any step the NVR is online, or the auth was refused") {
  at_every_step(
      rename_to_a_taken_name,
      [](World& world) {
        world.close(*session);
        return world.auth("A", report({{"c", "online"}}));
      },
      [](World& world, const SocketPtr& next) {
        if (has(next->texts, "auth_ok")) {
          CHECK(world.state("A") == "online c=online");
        } else {
          CHECK(next->closes.size() == 1);
        }
        if (next->sessions_started == 1) world.close(*next);
        world.run();
        CHECK(world.state("A") == "offline c=offline/nvr_unreachable");
        CHECK(world.nvr_actors() == 0);
      });
}
