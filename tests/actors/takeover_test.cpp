// A newer session replaces the older one at once; messages of the older one have no effect. protocol.md, "Takeover".
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

/// Two sockets of hostname A, each with auth, report and close. `loser` authenticates first.
struct TwoSessions {
  World world;
  SocketPtr loser;
  SocketPtr winner;
  std::deque<std::string> statuses; // reports refer to them

  TwoSessions() { world.register_nvr("A", {"c"}); }

  /// The next step of one of them. Each report has a unique status.
  void act(SocketPtr& socket, int step, const std::string& name, fleet::Cause cause) {
    const std::string& status = statuses.emplace_back(name + std::to_string(step));
    if (step == 0) socket = world.auth("A", report({{"c", status}}), "0");
    if (step == 1) world.heartbeat(*socket, report({{"c", status}}), "1");
    if (step == 2) world.close(*socket, cause);
  }
};

/// All interleavings of the two sockets' steps, as 'l' and 'w' in order. Of the 20, the 10 that begin with 'w' are the
/// same with the names exchanged.
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

/// What holds for every order of the steps and of the actors.
void require_winner_decides(TwoSessions& sessions, const Texts& events) {
  CHECK(sessions.loser->number < sessions.winner->number);
  CHECK(sessions.winner->closes.empty());
  const bool replaced = sessions.loser->closes == Closes{CloseCode::replaced};
  CHECK((replaced || sessions.loser->closes.empty()));
  // The loser's close causes an offline only if it came before the winner's auth.
  CHECK(count(events, "error") == (replaced ? 0 : 1));
  const std::size_t winner_at = position(events, "c=w");
  if (!replaced) CHECK(position(events, "error") < winner_at);
  for (std::size_t i = winner_at; i < events.size(); ++i) {
    CHECK_THAT(events[i], !Contains("c=l"));
  }
  CHECK(position(events, "c=w1") < events.size());
  CHECK(count(sessions.winner->texts, "auth_ok") == 1);
  CHECK(count(sessions.winner->texts, "ack") == 1);
  CHECK(count(sessions.loser->texts, "auth_ok") == 1);
  CHECK(sessions.world.is_clean());
}

} // namespace

TEST_CASE("takeover: every order of two sessions' auth, report and close, with the actors run after any of them") {
  REQUIRE(orders().size() == 10);
  for (const std::string& order : orders()) {
    for (unsigned runs_after = 0; runs_after < 64; ++runs_after) { // one bit per step
      TwoSessions sessions;
      int steps[2] = {0, 0};
      for (std::size_t i = 0; i < order.size(); ++i) {
        const bool wins = order[i] == 'w';
        sessions.act(wins ? sessions.winner : sessions.loser, steps[wins]++, wins ? "w" : "l",
                     wins ? fleet::Cause::timeout : fleet::Cause::error);
        if ((runs_after >> i & 1U) != 0) sessions.world.run();
      }
      sessions.world.run();
      INFO("order " << order << ", runs after " << runs_after);
      const Texts events = sessions.world.new_events();
      INFO("events: " << Catch::Detail::stringify(events));
      require_winner_decides(sessions, events);
      CHECK(count(events, "timeout") == 1);
      CHECK(sessions.world.state("A") == "offline c=offline/nvr_unreachable");
      CHECK(sessions.world.nvr_actors() == 0);
      if (runs_after == 63) { // run after each step: the loser is replaced unless it has closed
        const bool closed_before = order.find('w') == 3;
        CHECK(sessions.loser->closes.empty() == closed_before);
      }
    }
  }
}

TEST_CASE("takeover: while the winner is connected the NVR is online, whatever the loser sends") {
  for (const std::string& order : orders()) {
    for (const bool runs : {false, true}) {
      TwoSessions sessions;
      int steps[2] = {0, 0};
      for (const char actor : order) {
        const bool wins = actor == 'w';
        if (wins && steps[1] == 2) continue; // its close
        sessions.act(wins ? sessions.winner : sessions.loser, steps[wins]++, wins ? "w" : "l", fleet::Cause::error);
        if (runs) sessions.world.run();
      }
      sessions.world.run();
      INFO("order " << order << (runs ? ", run after each step" : ", all queued"));
      const Texts events = sessions.world.new_events();
      require_winner_decides(sessions, events);
      CHECK(sessions.world.state("A") == "online c=w1");
      CHECK(sessions.world.nvr_actors() == 1);
    }
  }
}

TEST_CASE("takeover: the online period continues, so cameras missing from the report keep their status") {
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
