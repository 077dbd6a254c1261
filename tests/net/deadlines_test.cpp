#include "net/deadlines.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

using namespace nvrhub::net;
using std::chrono::seconds;

namespace {

const MonoTime start{seconds(1000)};

struct Alarm final : Deadline {
  std::function<void(MonoTime)> act;
  void on_deadline(MonoTime now) override {
    const auto copy = act; // `act` may destroy the Alarm
    copy(now);
  }
};

/// Alarms that write their names down.
struct Clockwork {
  Deadlines deadlines;
  std::string rang;
  Alarm a, b, c;

  Clockwork() {
    a.act = [this](MonoTime) { rang += 'a'; };
    b.act = [this](MonoTime) { rang += 'b'; };
    c.act = [this](MonoTime) { rang += 'c'; };
  }
};

} // namespace

TEST_CASE("deadlines: what is due is called once, earliest first") {
  Clockwork clock;
  clock.deadlines.set(clock.a, start + seconds(3));
  clock.deadlines.set(clock.b, start + seconds(1));
  clock.deadlines.set(clock.c, start + seconds(2));
  clock.deadlines.run(start);
  CHECK(clock.rang.empty());
  clock.deadlines.run(start + seconds(2)); // "at" is due
  CHECK(clock.rang == "bc");
  clock.deadlines.run(start + seconds(9));
  CHECK(clock.rang == "bca");
  clock.deadlines.run(start + seconds(99));
  CHECK(clock.rang == "bca");
}

TEST_CASE("deadlines: a new time replaces the earlier one") {
  Clockwork clock;
  clock.deadlines.set(clock.a, start + seconds(1));
  SECTION("later") {
    clock.deadlines.set(clock.a, start + seconds(5));
    clock.deadlines.run(start + seconds(4));
    CHECK(clock.rang.empty());
    clock.deadlines.run(start + seconds(5));
    CHECK(clock.rang == "a");
  }
  SECTION("earlier") {
    clock.deadlines.set(clock.a, start);
    clock.deadlines.run(start);
    clock.deadlines.run(start + seconds(5));
    CHECK(clock.rang == "a");
  }
}

TEST_CASE("deadlines: a cleared one is not called, nor is its neighbour forgotten") {
  Clockwork clock;
  clock.deadlines.set(clock.a, start);
  clock.deadlines.set(clock.b, start); // at the very same time
  clock.deadlines.clear(clock.a);
  clock.deadlines.clear(clock.a);
  clock.deadlines.clear(clock.c); // never set
  clock.deadlines.run(start);
  CHECK(clock.rang == "b");
}

TEST_CASE("deadlines: `now` reaches the object") {
  Clockwork clock;
  MonoTime told;
  clock.a.act = [&](MonoTime now) { told = now; };
  clock.deadlines.set(clock.a, start);
  clock.deadlines.run(start + seconds(7));
  CHECK(told == start + seconds(7));
}

TEST_CASE("deadlines: on_deadline may set a new time") {
  Clockwork clock;
  clock.a.act = [&](MonoTime now) {
    clock.rang += 'a';
    clock.deadlines.set(clock.a, now + seconds(10));
  };
  clock.deadlines.set(clock.a, start);
  clock.deadlines.run(start);
  clock.deadlines.run(start + seconds(9));
  CHECK(clock.rang == "a");
  clock.deadlines.run(start + seconds(10));
  CHECK(clock.rang == "aa");
}

TEST_CASE("deadlines: on_deadline may destroy its object, and others that are due") {
  Clockwork clock;
  auto doomed = std::make_unique<Alarm>();
  auto other = std::make_unique<Alarm>();
  other->act = [&](MonoTime) { clock.rang += '!'; };
  doomed->act = [&](MonoTime) {
    clock.rang += 'd';
    clock.deadlines.clear(*other); // as each does before it dies
    other.reset();
    doomed.reset();
  };
  clock.deadlines.set(*doomed, start);
  clock.deadlines.set(*other, start + seconds(1));
  clock.deadlines.set(clock.a, start + seconds(2));
  clock.deadlines.run(start + seconds(5));
  CHECK(clock.rang == "da");
}
