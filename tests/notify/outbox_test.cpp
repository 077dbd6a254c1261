#include "notify/outbox.hpp"

#include <catch2/catch.hpp>

#include <functional>

#include "notify/support/messages.hpp"

using namespace nvrhub::notify;
using nvrhub::fleet::WallMillis;
using nvrhub::notify::testing::noon;

namespace {

constexpr WallMillis second = 1'000, minute = 60 * second, hour = 60 * minute;

Outcome ok() {
  Outcome outcome;
  outcome.delivered = true;
  outcome.status = 200;
  return outcome;
}
Outcome answer(int status, std::optional<std::chrono::seconds> retry_after = std::nullopt) {
  Outcome outcome;
  outcome.status = status;
  outcome.error = "the receiver answered " + std::to_string(status);
  outcome.retry_after = retry_after;
  return outcome;
}

/// An outbox with a receiver and a clock that goes from one deadline to the next.
struct World {
  Outbox outbox{7};
  WallMillis now = noon;
  WallMillis flight = 0; // how long an attempt takes
  std::function<Outcome(const std::string& id)> receiver = [](const std::string&) { return ok(); };
  std::vector<std::string> attempts;
  std::vector<WallMillis> times;
  std::vector<Outbox::Report> reports;

  void run_until(WallMillis end) {
    while (true) {
      while (const auto id = outbox.next(now)) {
        attempts.push_back(*id);
        times.push_back(now);
        now += flight;
        outbox.complete(receiver(*id), now);
      }
      for (auto& report : outbox.take_reports())
        reports.push_back(std::move(report));
      const auto next = outbox.next_deadline();
      if (!next || *next > end) break;
      now = std::max(now, *next);
    }
    now = std::max(now, end);
  }
};

} // namespace

TEST_CASE("outbox: messages are delivered at once, in order") {
  World world;
  for (const char* id : {"a", "b", "c"})
    world.outbox.add(id, noon);
  world.run_until(noon);
  CHECK(world.attempts == std::vector<std::string>{"a", "b", "c"});
  REQUIRE(world.reports.size() == 3);
  CHECK(world.reports[2].id == "c");
  CHECK(world.reports[2].delivered);
  CHECK(world.reports[2].attempts == 1);
  CHECK(world.outbox.size() == 0);
  CHECK_FALSE(world.outbox.next_deadline());
}

TEST_CASE("outbox: one message is in flight, however long it takes") {
  Outbox outbox(1);
  outbox.add("a", noon);
  outbox.add("b", noon);
  CHECK(outbox.next(noon) == "a");
  CHECK_FALSE(outbox.next(noon));
  CHECK_FALSE(outbox.next_deadline());
  CHECK_FALSE(outbox.next(noon + 100 * hour)); // not dropped while it is in flight
  CHECK(outbox.take_reports().empty());
  outbox.complete(ok(), noon + 1);
  CHECK(outbox.next(noon + 1) == "b");
}

TEST_CASE("outbox: a receiver that is down for an hour gets everything afterwards, in order") {
  World world;
  world.receiver = [&world](const std::string&) { return world.now < noon + hour ? answer(500) : ok(); };
  world.flight = 100;
  for (int i = 0; i < 100; ++i) {
    world.outbox.add("m" + std::to_string(i), world.now);
    world.run_until(noon + (i + 1) * 30 * second);
  }
  world.run_until(noon + hour + 11 * minute);
  REQUIRE(world.reports.size() == 100);
  for (int i = 0; i < 100; ++i) {
    CHECK(world.reports[static_cast<std::size_t>(i)].id == "m" + std::to_string(i));
    CHECK(world.reports[static_cast<std::size_t>(i)].delivered);
  }
  CHECK(world.reports[0].attempts >= 12);
  CHECK(world.reports[0].attempts <= 25);
}

TEST_CASE("outbox: pauses double up to 10 minutes, shortened by at most half") {
  World world;
  world.receiver = [](const std::string&) { return answer(500); };
  world.outbox.add("a", noon);
  world.run_until(noon + 3 * hour);
  REQUIRE(world.times.size() > 12);
  WallMillis pause = second;
  for (std::size_t i = 1; i < world.times.size(); ++i) {
    const WallMillis waited = world.times[i] - world.times[i - 1];
    CHECK(waited >= pause / 2);
    CHECK(waited <= pause);
    pause = std::min(2 * pause, 10 * minute);
  }
}

TEST_CASE("outbox: channels that fail together do not return together") {
  World one, other;
  other.outbox = Outbox(8);
  for (World* world : {&one, &other}) {
    world->receiver = [](const std::string&) { return answer(500); };
    world->outbox.add("a", noon);
    world->run_until(noon + hour);
  }
  CHECK(one.times != other.times);
}

TEST_CASE("outbox: a message is dropped after 72 hours, the next one is tried") {
  World world;
  world.receiver = [](const std::string& id) { return id == "b" ? ok() : answer(500); };
  world.outbox.add("a", noon);
  world.outbox.add("b", noon + hour);
  world.run_until(noon + 72 * hour - 1);
  CHECK(world.reports.empty());
  world.run_until(noon + 72 * hour + 10 * minute);
  REQUIRE(world.reports.size() == 2);
  CHECK(world.reports[0].id == "a");
  CHECK_FALSE(world.reports[0].delivered);
  CHECK(world.reports[0].reason == "it could not be delivered within 72 hours: the receiver answered 500");
  CHECK(world.reports[1].delivered);
}

TEST_CASE("outbox: 410 turns the channel off") {
  World world;
  world.receiver = [](const std::string&) { return answer(410); };
  world.outbox.add("a", noon);
  world.outbox.add("b", noon);
  world.run_until(noon + hour);
  CHECK(world.attempts.size() == 1);
  CHECK(world.outbox.is_off());
  REQUIRE(world.reports.size() == 2);
  CHECK(world.reports[1].reason == "the receiver has turned the channel off (410)");
  world.outbox.add("c", noon + hour);
  world.run_until(noon + 2 * hour);
  CHECK(world.reports.size() == 3);
  CHECK(world.attempts.size() == 1);
}

TEST_CASE("outbox: Retry-After of 429 and 503 is waited for, up to an hour") {
  using std::chrono::seconds;
  for (const int status : {429, 503}) {
    for (const auto& [asked, waited] :
         {std::pair(seconds(120), 120 * second), {seconds(86'400), hour}, {seconds::max(), hour}}) {
      World world;
      world.receiver = [&world, status, asked = asked](const std::string&) {
        return world.attempts.size() == 1 ? answer(status, asked) : ok();
      };
      world.outbox.add("a", noon);
      world.run_until(noon + waited - 1);
      CHECK(world.attempts.size() == 1);
      world.run_until(noon + waited);
      CHECK(world.attempts.size() == 2);
    }
  }
}

TEST_CASE("outbox: Retry-After of another status, or a short one, changes nothing") {
  for (const Outcome& outcome : {answer(500, std::chrono::seconds(3'000)), answer(429, std::chrono::seconds(0))}) {
    World world;
    world.receiver = [&](const std::string&) { return world.attempts.size() == 1 ? outcome : ok(); };
    world.outbox.add("a", noon);
    world.run_until(noon + second);
    CHECK(world.attempts.size() == 2);
    CHECK(world.times[1] - world.times[0] >= second / 2);
  }
}

TEST_CASE("outbox: a message that is refused for its content does not hold up the others for long") {
  for (const int status : {400, 413, 422, 554}) {
    World world;
    world.receiver = [status](const std::string& id) { return id == "poison" ? answer(status) : ok(); };
    world.outbox.add("poison", noon);
    world.outbox.add("good", noon);
    world.run_until(noon + 5 * minute);
    REQUIRE(world.reports.size() == 2);
    CHECK(world.reports[0].attempts == 8);
    CHECK_FALSE(world.reports[0].delivered);
    CHECK(world.reports[1].delivered);
  }
}

TEST_CASE("outbox: at most 10,000 messages wait, the oldest are dropped") {
  World world;
  world.receiver = [](const std::string&) { return answer(500); };
  world.outbox.add("first", noon);
  REQUIRE(world.outbox.next(noon) == "first"); // in flight: it stays
  for (int i = 0; i < 10'001; ++i)
    world.outbox.add("m" + std::to_string(i), noon);
  const auto reports = world.outbox.take_reports();
  REQUIRE(reports.size() == 2);
  CHECK(reports[0].id == "m0");
  CHECK(reports[1].id == "m1");
  CHECK(world.outbox.size() == 10'000);
  world.outbox.complete(ok(), noon);
  CHECK(world.outbox.next(noon) == "m2");
}

TEST_CASE("outbox: a clock that steps back does not stop the channel") {
  Outbox outbox(1);
  outbox.add("a", noon);
  REQUIRE(outbox.next(noon));
  outbox.complete(answer(500), noon);
  CHECK_FALSE(outbox.next(noon));
  CHECK(outbox.next(noon - 48 * hour) == "a");
}

TEST_CASE("outbox: the last error is known until a delivery") {
  Outbox outbox(1);
  outbox.add("a", noon);
  outbox.next(noon);
  outbox.complete(answer(500), noon);
  CHECK(outbox.last_error() == "the receiver answered 500");
  outbox.next(noon + second);
  outbox.complete(ok(), noon + second);
  CHECK(outbox.last_error().empty());
}
