// A newer session replaces the older at once, and nothing of the older counts any more. protocol.md, "Takeover".
#include <algorithm>
#include <deque>

#include <catch2/catch.hpp>

#include "actors/support/describe.hpp"
#include "actors/support/world.hpp"
#include "store/support/stores.hpp"

using namespace nvrhub;
using namespace nvrhub::actors;
using namespace nvrhub::actors::test;
using Catch::Matchers::Contains;
using protocol::CloseCode;
using Closes = std::vector<CloseCode>;

namespace {

/// Two boxes called A go through auth, report and close. `loser` authenticates first.
struct Duel {
  World world;
  SocketPtr loser;
  SocketPtr winner;
  std::deque<std::string> said; // reports only view it

  Duel() { world.register_nvr("A", {"c"}); }

  /// The next step of one of them; each report says something that no other says.
  void act(SocketPtr& socket, int step, const std::string& name, fleet::Cause cause) {
    const std::string& says = said.emplace_back(name + std::to_string(step));
    if (step == 0) socket = world.auth("A", report({{"c", says}}), "0");
    if (step == 1) world.heartbeat(*socket, report({{"c", says}}), "1");
    if (step == 2) world.close(*socket, cause);
  }
};

/// The ways to merge the two's steps: 'l' and 'w' in the order in which they act. Of the 20, the 10 that begin with a
/// 'w' are the same with the names exchanged.
std::vector<std::string> orders() {
  std::vector<std::string> found;
  std::string order = "lllwww";
  do {
    found.push_back(order);
  } while (std::next_permutation(order.begin(), order.end()) && order[0] == 'l');
  return found;
}

std::ptrdiff_t count(const Texts& events, const std::string& text) {
  return std::count_if(events.begin(), events.end(),
                       [&](const std::string& event) { return event.find(text) != std::string::npos; });
}

std::size_t position(const Texts& events, const std::string& text) {
  const auto at = std::find_if(events.begin(), events.end(),
                               [&](const std::string& event) { return event.find(text) != std::string::npos; });
  return static_cast<std::size_t>(at - events.begin());
}

/// What holds in whichever order the steps came and the actors ran.
void require_winner_decides(Duel& duel, const Texts& events) {
  CHECK(duel.loser->number < duel.winner->number);
  CHECK(duel.winner->closes.empty());
  const bool replaced = duel.loser->closes == Closes{CloseCode::replaced};
  CHECK((replaced || duel.loser->closes.empty()));
  // The loser's close is an offline only if it came before the winner.
  CHECK(count(events, "error") == (replaced ? 0 : 1));
  const std::size_t taken = position(events, "c=w");
  if (!replaced) CHECK(position(events, "error") < taken);
  for (std::size_t i = taken; i < events.size(); ++i) {
    CHECK_THAT(events[i], !Contains("c=l"));
  }
  CHECK(position(events, "c=w1") < events.size());
  CHECK(count(duel.winner->texts, "auth_ok") == 1);
  CHECK(count(duel.winner->texts, "ack") == 1);
  CHECK(count(duel.loser->texts, "auth_ok") == 1);
  CHECK(duel.world.is_clean());
}

} // namespace

TEST_CASE("takeover: every order of two sessions' auth, report and close, the actors idle after any of them") {
  REQUIRE(orders().size() == 10);
  for (const std::string& order : orders()) {
    for (unsigned runs_after = 0; runs_after < 64; ++runs_after) { // a bit a step
      Duel duel;
      int steps[2] = {0, 0};
      for (std::size_t i = 0; i < order.size(); ++i) {
        const bool wins = order[i] == 'w';
        duel.act(wins ? duel.winner : duel.loser, steps[wins]++, wins ? "w" : "l",
                 wins ? fleet::Cause::timeout : fleet::Cause::error);
        if ((runs_after >> i & 1U) != 0) duel.world.run();
      }
      duel.world.run();
      INFO("order " << order << ", runs after " << runs_after);
      const Texts events = duel.world.new_events();
      INFO("events: " << Catch::Detail::stringify(events));
      require_winner_decides(duel, events);
      CHECK(count(events, "timeout") == 1);
      CHECK(duel.world.state("A") == "offline c=offline/nvr_unreachable");
      CHECK(duel.world.nvr_actors() == 0);
      if (runs_after == 63) { // nothing ever waits: the loser is replaced unless it has closed
        const bool closed_before = order.find('w') == 3;
        CHECK(duel.loser->closes.empty() == closed_before);
      }
    }
  }
}

TEST_CASE("takeover: as long as the winner stays, the NVR is online, whatever the loser does") {
  for (const std::string& order : orders()) {
    for (const bool runs : {false, true}) {
      Duel duel;
      int steps[2] = {0, 0};
      for (const char who : order) {
        const bool wins = who == 'w';
        if (wins && steps[1] == 2) continue; // its close
        duel.act(wins ? duel.winner : duel.loser, steps[wins]++, wins ? "w" : "l", fleet::Cause::error);
        if (runs) duel.world.run();
      }
      duel.world.run();
      INFO("order " << order << (runs ? ", each run at once" : ", all queued up"));
      const Texts events = duel.world.new_events();
      require_winner_decides(duel, events);
      CHECK(duel.world.state("A") == "online c=w1");
      CHECK(duel.world.nvr_actors() == 1);
    }
  }
}

TEST_CASE("takeover: the online period goes on, so the cameras that a report leaves out stay") {
  World world;
  world.register_nvr("A", {"c1", "c2"});
  const SocketPtr first = world.auth("A", report({{"c1", "online"}, {"c2", "online"}}));
  world.run();
  world.new_events();
  const SocketPtr second = world.auth("A", report({{"c2", "online"}}));
  world.run();
  CHECK(first->closes == Closes{CloseCode::replaced});
  CHECK(world.new_events().empty());
  CHECK(world.state("A") == "online c1=online c2=online");
  CHECK(second->texts == Texts{auth_ok("A", *second, 0)});
}
