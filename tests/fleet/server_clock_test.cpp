#include "fleet/server_clock.hpp"

#include <random>

#include <catch2/catch.hpp>

using nvrhub::fleet::ClockReading;
using nvrhub::fleet::ServerClock;
using nvrhub::fleet::StoredTimes;
using nvrhub::fleet::WallMillis;
using Leap = ServerClock::Leap;

namespace {

constexpr WallMillis clock_second = 1'000;
constexpr WallMillis clock_minute = 60 * clock_second;
constexpr WallMillis clock_hour = 60 * clock_minute;
constexpr WallMillis clock_day = 24 * clock_hour;
constexpr WallMillis right = 1'770'000'000'000; // the right time at the first start

/// A machine, and the servers that run on it one after the other.
struct ClockMachine {
  explicit ClockMachine(StoredTimes its_stored = {right, right}) : stored(its_stored) {}

  ClockReading reading() const {
    return {(right + passed + wrong) * ServerClock::ms, (5'000 + passed) * ServerClock::ms, synchronized};
  }
  void start() { clock.emplace(stored, reading()); }
  void stop() {
    stored = {clock->now(reading().boot_ns), clock->vouched()};
    clock.reset();
  }
  void pass(WallMillis time) { // without a server: also across boots, since only differences count
    if (!clock) {
      passed += time;
      return;
    }
    for (WallMillis step = std::min<WallMillis>(time, 10 * clock_minute); time > 0; time -= step) {
      step = std::min(step, time);
      passed += step;
      clock->observe(reading());
    }
  }
  void set_wrong(WallMillis offset) {
    wrong = offset;
    if (clock) clock->observe(reading());
  }
  WallMillis now() const { return clock->now(reading().boot_ns); }
  WallMillis truth() const { return right + passed; }
  std::optional<Leap> leap() {
    const auto event = clock->take_event();
    return event ? std::optional(event->leap) : std::nullopt;
  }

  StoredTimes stored;
  WallMillis passed = 0; // monotonic
  WallMillis wrong = 0;  // wall clock minus the right time
  bool synchronized = false;
  std::optional<ServerClock> clock;
};

} // namespace

TEST_CASE("server clock: a plain start and small steps follow the wall clock") {
  ClockMachine m;
  m.pass(5 * clock_minute); // a restart
  m.start();
  CHECK(m.now() == m.truth());
  CHECK(m.clock->is_trusted());
  CHECK_FALSE(m.leap());
  m.set_wrong(10 * clock_minute);
  CHECK(m.now() == m.truth() + 10 * clock_minute);
  CHECK(m.clock->vouched() == m.now());
  const WallMillis before = m.now();
  m.set_wrong(0);
  CHECK(m.now() == before); // never back
  m.pass(10 * clock_minute);
  CHECK(m.now() == before + 5 * clock_minute); // half speed
  m.pass(11 * clock_minute);
  CHECK(m.now() == m.truth()); // caught up
  CHECK(m.clock->offset() == 0);
  CHECK_FALSE(m.leap());
}

TEST_CASE("server clock: a new store takes the wall clock, unless no clock can be right") {
  ClockMachine m(StoredTimes{});
  SECTION("plausible") {
    m.start();
    CHECK(m.now() == m.truth());
    CHECK(m.clock->is_trusted());
    CHECK(m.clock->vouched() == m.now());
  }
  SECTION("1970") {
    m.wrong = -right;
    m.start();
    CHECK(m.now() == ServerClock::earliest);
    CHECK_FALSE(m.clock->is_trusted());
    m.pass(clock_minute);
    CHECK(m.now() == ServerClock::earliest + clock_minute);
    m.set_wrong(0); // nothing plausible is known: the first plausible clock is believed
    CHECK(m.now() == m.truth());
    CHECK(m.clock->is_trusted());
    CHECK(m.clock->vouched() == ServerClock::earliest + clock_minute); // but deletes nothing
  }
  SECTION("a store that was made in 1970") {
    m.stored = {12'000, 0};
    m.start();
    CHECK(m.now() == m.truth());
    CHECK(m.clock->vouched() < clock_minute);
  }
}

TEST_CASE("server clock: one boot half a year ahead moves no time and vouches for nothing") {
  ClockMachine m;
  m.wrong = 180 * clock_day;
  m.start();
  CHECK(m.leap() == Leap::held);
  m.pass(12 * clock_second);
  CHECK(m.now() == right + 12 * clock_second);
  CHECK(m.clock->vouched() == right + 12 * clock_second);
  CHECK(m.clock->offset() == 180 * clock_day);
  CHECK_FALSE(m.leap()); // reported once
  m.stop();
  m.wrong = 0;
  m.pass(clock_minute);
  m.start();
  CHECK(m.clock->is_trusted());
  CHECK(m.now() == m.truth());
  CHECK_FALSE(m.leap());
}

TEST_CASE("server clock: a boot in 1970 continues the stored time") {
  ClockMachine m;
  m.wrong = -right;
  m.start();
  CHECK(m.leap() == Leap::held);
  m.pass(clock_minute);
  CHECK(m.now() == right + clock_minute);
  m.set_wrong(0);
  CHECK(m.leap() == Leap::returned);
  CHECK(m.now() == m.truth());
}

TEST_CASE("server clock: after a day off, synchronization or the operator make the clock believed") {
  ClockMachine m;
  m.pass(clock_day);
  m.start();
  CHECK_FALSE(m.clock->is_trusted());
  CHECK(m.now() == right);
  m.pass(clock_minute);
  CHECK(m.now() == right + clock_minute);
  SECTION("synchronized: times at once, deletion after a week") {
    (void)m.leap();
    m.synchronized = true;
    m.pass(clock_second);
    CHECK(m.leap() == Leap::believed);
    CHECK(m.now() == m.truth());
    CHECK(m.clock->retention_lag() == clock_day);
    m.pass(6 * clock_day);
    CHECK(m.clock->retention_lag() == clock_day);
    SECTION("kept synchronized") {
      m.pass(clock_day + clock_hour);
      CHECK(m.clock->retention_lag() == 0);
    }
    SECTION("not synchronized in between") {
      m.synchronized = false;
      m.pass(clock_minute);
      m.synchronized = true;
      m.pass(2 * clock_day);
      CHECK(m.clock->retention_lag() == clock_day);
    }
    SECTION("over a restart") {
      m.stop();
      m.pass(clock_minute);
      m.start();
      CHECK(m.clock->retention_lag() == clock_day);
    }
  }
  SECTION("confirmed: both at once") {
    m.clock->confirm(m.reading());
    CHECK(m.now() == m.truth());
    CHECK(m.clock->is_trusted());
    CHECK(m.clock->vouched() == m.now());
  }
}

TEST_CASE("server clock: a leap back is believed only with a second source, and then at half speed") {
  ClockMachine m;
  m.wrong = 14 * clock_hour; // a time zone
  m.stored = {right + m.wrong, right + m.wrong};
  m.start();
  REQUIRE(m.clock->is_trusted());
  m.set_wrong(0);
  CHECK(m.leap() == Leap::held);
  m.pass(clock_hour);
  CHECK(m.now() == m.truth() + 14 * clock_hour);
  SECTION("synchronized") {
    m.synchronized = true;
  }
  SECTION("confirmed") {
    m.clock->confirm(m.reading());
  }
  m.pass(clock_minute);
  CHECK(m.clock->is_trusted());
  CHECK(m.leap() == Leap::believed);
  const WallMillis before = m.now();
  m.pass(clock_hour);
  CHECK(m.now() == before + clock_hour / 2);
  m.pass(28 * clock_hour);
  CHECK(m.now() == m.truth());
  CHECK(m.clock->vouched() == m.now());
}

TEST_CASE("server clock: a store half a year ahead goes on at full speed until the operator confirms the clock") {
  ClockMachine m(StoredTimes{right + 180 * clock_day, 0}); // an older version believed the clock
  m.synchronized = GENERATE(false, true);
  m.start();
  CHECK(m.leap() == Leap::held);
  CHECK(m.clock->vouched() == 0); // nothing is deleted
  m.pass(clock_hour);
  CHECK(m.now() == right + 180 * clock_day + clock_hour);
  CHECK(m.clock->vouched() == 0);
  m.clock->confirm(m.reading());
  CHECK(m.clock->vouched() == m.truth());
  CHECK(m.clock->is_trusted());
  for (int restart = 0; restart < 3; ++restart) {
    const WallMillis before = m.now();
    m.pass(clock_hour);
    CHECK(m.now() == before + clock_hour / 2);
    CHECK(m.clock->vouched() == m.truth());
    m.stop();
    m.pass(10 * clock_minute);
    m.start(); // the vouched time shows that the clock is right
    CHECK(m.clock->is_trusted());
  }
}

TEST_CASE("server clock: a time server that was half a year wrong deletes nothing, and the right clock is believed") {
  ClockMachine m;
  m.synchronized = true;
  m.wrong = 180 * clock_day;
  m.start();
  CHECK(m.now() == m.truth() + 180 * clock_day); // believed
  m.pass(clock_minute);
  CHECK(m.clock->vouched() == m.truth());
  m.set_wrong(0);
  CHECK(m.clock->is_trusted()); // it agrees with the vouched time
  m.pass(clock_hour);
  CHECK(m.clock->vouched() == m.truth());
}

TEST_CASE("server clock: for any clock history, times are in order and no unsynchronized leap counts") {
  const std::uint64_t seed = Catch::rngSeed() != 0 ? Catch::rngSeed() : 1;
  for (std::uint64_t round = 0; round < 300; ++round) {
    INFO("seed " << seed << ", round " << round);
    std::mt19937_64 random(seed * 1'000 + round);
    const auto below = [&](std::int64_t limit) {
      return static_cast<WallMillis>(random() % static_cast<std::uint64_t>(limit));
    };
    ClockMachine m;
    m.start();
    WallMillis last = m.now();
    WallMillis served = 0;
    for (int step = 0; step < 60; ++step) {
      switch (below(4)) {
      case 0: // a leap of hours to years
        m.set_wrong((below(2) == 0 ? 1 : -1) * (3 * clock_hour + below(2) * below(900) * clock_day));
        break;
      case 1:
        m.set_wrong(0);
        break;
      case 2:
        m.stop();
        m.start();
        break;
      default: {
        const WallMillis time = below(2 * clock_hour);
        m.pass(time);
        served += time;
      }
      }
      REQUIRE(m.now() >= last);
      last = m.now();
      REQUIRE(last == right + served); // no leap counted, and nothing was lost
      REQUIRE(m.clock->vouched() <= last);
      REQUIRE(m.clock->vouched() >= last - ServerClock::max_step / ServerClock::ms);
      REQUIRE(m.clock->is_trusted() == (m.wrong == 0));
    }
  }
}

TEST_CASE(
    "server clock: for any clock history with synchronization and confirmations, nothing unserved is vouched for") {
  const std::uint64_t seed = Catch::rngSeed() != 0 ? Catch::rngSeed() : 1;
  for (std::uint64_t round = 0; round < 300; ++round) {
    INFO("seed " << seed << ", round " << round);
    std::mt19937_64 random(seed * 1'000 + round);
    const auto below = [&](std::int64_t limit) {
      return static_cast<WallMillis>(random() % static_cast<std::uint64_t>(limit));
    };
    ClockMachine m;
    m.start();
    WallMillis last = m.now();
    for (int step = 0; step < 80; ++step) {
      switch (below(6)) {
      case 0:
        m.set_wrong((below(2) == 0 ? 1 : -1) * below(900) * clock_day);
        break;
      case 1:
        m.set_wrong(below(2) == 0 ? 0 : m.wrong + below(2 * clock_hour) - clock_hour);
        break;
      case 2:
        m.stop();
        m.pass(below(3) == 0 ? below(3 * clock_day) : below(clock_hour));
        m.start();
        break;
      case 3:
        m.synchronized = !m.synchronized;
        break;
      case 4:
        if (m.wrong == 0) {
          m.clock->confirm(m.reading()); // operators are right
          REQUIRE(m.clock->is_trusted());
        }
        break;
      default:
        m.pass(below(8 * clock_hour));
      }
      REQUIRE(m.now() >= last);
      last = m.now();
      REQUIRE(m.clock->vouched() <= last);
    }
  }
}
