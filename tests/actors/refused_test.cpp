// A write that the store refuses takes what was pending with it: the NVR actor starts again from what the store holds.
// Whatever arrives meanwhile must neither be lost nor be confirmed by mistake.
#include <algorithm>

#include <catch2/catch.hpp>

#include "actors/support/moments.hpp"

using namespace nvrhub;
using namespace nvrhub::actors;
using namespace nvrhub::actors::test;

namespace {

SocketPtr holder;

/// A is online, B exists, and A is to be renamed to B.
void rename_to_a_taken_name(World& world) {
  world.register_nvr("A", {"c"});
  world.register_nvr("B");
  holder = world.auth("A", report({{"c", "online"}}));
  world.run();
  world.operate("A", Rename{"B"});
}

bool has(const Texts& texts, const std::string& text) {
  return std::any_of(texts.begin(), texts.end(),
                     [&](const std::string& one) { return one.find(text) != std::string::npos; });
}

} // namespace

TEST_CASE("refused: an operation at any moment of it is answered once, truly") {
  at_every_moment(
      rename_to_a_taken_name, [](World& world) { return world.ingest("A", {"c2"}); },
      [](World& world, const std::shared_ptr<Replies>& replies) {
        REQUIRE(replies->size() == 1);
        CHECK(world.state("A") == (replies->front() ? "online c=online c2=offline" : "online c=online"));
        CHECK(world.nvr_actors() == 1);
      });
}

TEST_CASE("refused: a report at any moment of it is acked only if it is durable") {
  at_every_moment(
      [](World& world) {
        rename_to_a_taken_name(world);
        world.run_but_store();
        world.heartbeat(*holder, report({{"c", "offline"}}), "1");
      },
      [](World& world) {
        world.heartbeat(*holder, report({{"c", "offline"}}), "2");
        return 0;
      },
      [](World& world, int) {
        CHECK(holder->reports_taken == 2);
        if (has(holder->texts, R"("type":"ack","id":2)")) CHECK(world.state("A") == "online c=offline");
      });
}

TEST_CASE("refused: a close at any moment of it is an offline, and the next auth an online") {
  at_every_moment(
      rename_to_a_taken_name,
      [](World& world) {
        world.close(*holder);
        return world.auth("A", report({{"c", "online"}}));
      },
      [](World& world, const SocketPtr& next) {
        if (has(next->texts, "auth_ok")) {
          CHECK(world.state("A") == "online c=online");
        } else {
          CHECK(next->closes.size() == 1);
        }
        if (next->attached_times == 1) world.close(*next);
        world.run();
        CHECK(world.state("A") == "offline c=offline/nvr_unreachable");
        CHECK(world.nvr_actors() == 0);
      });
}
