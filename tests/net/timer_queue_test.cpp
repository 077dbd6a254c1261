#include "net/reactor/timer_queue.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

using namespace nvrhub::net;
using std::chrono::seconds;

namespace {

const MonoTime start{seconds(1000)};

struct Alarm final : TimerTarget {
  std::function<void(MonoTime)> act;
  void on_timer(MonoTime now) override {
    const auto copy = act; // `act` may destroy the Alarm
    copy(now);
  }
};

/// Alarms that write their names down.
struct Clockwork {
  TimerQueue timers;
  std::string rang;
  Alarm a, b, c;

  Clockwork() {
    a.act = [this](MonoTime) { rang += 'a'; };
    b.act = [this](MonoTime) { rang += 'b'; };
    c.act = [this](MonoTime) { rang += 'c'; };
  }
};

} // namespace

TEST_CASE("timer queue: due targets are called once, earliest first") {
  Clockwork clock;
  clock.timers.set(clock.a, start + seconds(3));
  clock.timers.set(clock.b, start + seconds(1));
  clock.timers.set(clock.c, start + seconds(2));
  clock.timers.run(start);
  CHECK(clock.rang.empty());
  clock.timers.run(start + seconds(2)); // "at" is due
  CHECK(clock.rang == "bc");
  clock.timers.run(start + seconds(9));
  CHECK(clock.rang == "bca");
  clock.timers.run(start + seconds(99));
  CHECK(clock.rang == "bca");
}

TEST_CASE("timer queue: a new time replaces the earlier one") {
  Clockwork clock;
  clock.timers.set(clock.a, start + seconds(1));
  SECTION("later") {
    clock.timers.set(clock.a, start + seconds(5));
    clock.timers.run(start + seconds(4));
    CHECK(clock.rang.empty());
    clock.timers.run(start + seconds(5));
    CHECK(clock.rang == "a");
  }
  SECTION("earlier") {
    clock.timers.set(clock.a, start);
    clock.timers.run(start);
    clock.timers.run(start + seconds(5));
    CHECK(clock.rang == "a");
  }
}

TEST_CASE("timer queue: a cleared timer does not fire, and the others still do") {
  Clockwork clock;
  clock.timers.set(clock.a, start);
  clock.timers.set(clock.b, start); // at the very same time
  clock.timers.clear(clock.a);
  clock.timers.clear(clock.a);
  clock.timers.clear(clock.c); // never set
  clock.timers.run(start);
  CHECK(clock.rang == "b");
}

TEST_CASE("timer queue: the target receives `now`") {
  Clockwork clock;
  MonoTime told;
  clock.a.act = [&](MonoTime now) { told = now; };
  clock.timers.set(clock.a, start);
  clock.timers.run(start + seconds(7));
  CHECK(told == start + seconds(7));
}

TEST_CASE("timer queue: on_timer() may set a new time") {
  Clockwork clock;
  clock.a.act = [&](MonoTime now) {
    clock.rang += 'a';
    clock.timers.set(clock.a, now + seconds(10));
  };
  clock.timers.set(clock.a, start);
  clock.timers.run(start);
  clock.timers.run(start + seconds(9));
  CHECK(clock.rang == "a");
  clock.timers.run(start + seconds(10));
  CHECK(clock.rang == "aa");
}

TEST_CASE("timer queue: on_timer() may destroy its target and others that are due") {
  Clockwork clock;
  auto doomed = std::make_unique<Alarm>();
  auto other = std::make_unique<Alarm>();
  other->act = [&](MonoTime) { clock.rang += '!'; };
  doomed->act = [&](MonoTime) {
    clock.rang += 'd';
    clock.timers.clear(*other); // as each does before it dies
    other.reset();
    doomed.reset();
  };
  clock.timers.set(*doomed, start);
  clock.timers.set(*other, start + seconds(1));
  clock.timers.set(clock.a, start + seconds(2));
  clock.timers.run(start + seconds(5));
  CHECK(clock.rang == "da");
}

TEST_CASE("timer queue: postpone() moves every time and keeps the order") {
  Clockwork clock;
  clock.timers.set(clock.b, start + seconds(2));
  clock.timers.set(clock.a, start + seconds(1));
  clock.timers.postpone(seconds(10));
  clock.timers.run(start + seconds(10));
  CHECK(clock.rang.empty());
  clock.timers.run(start + seconds(11));
  CHECK(clock.rang == "a");
  clock.timers.clear(clock.b);
  clock.timers.run(start + seconds(99));
  CHECK(clock.rang == "a");
}
