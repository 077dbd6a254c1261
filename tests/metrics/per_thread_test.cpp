#include "metrics/per_thread.hpp"

#include <array>
#include <cmath>
#include <optional>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

using namespace nvrhub::metrics;

namespace {

constexpr std::array<std::uint64_t, 3> bounds{10, 20, 100};

struct Counters {
  Counter events;
  Counter level;
  Histogram<bounds> sizes;
};

std::vector<std::uint64_t> buckets(const PerThread<Counters>& all) {
  std::vector<std::uint64_t> counts;
  for (std::size_t i = 0; i < Histogram<bounds>::size; ++i)
    counts.push_back(all.sum([i](const Counters& counters) -> const Counter& { return counters.sizes.bucket(i); }));
  return counts;
}

} // namespace

TEST_CASE("per thread: concurrent counts add up and remain when their threads end") {
  PerThread<Counters> all;
  constexpr std::uint64_t each = 200'000;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&all] {
      for (std::uint64_t n = 0; n < each; ++n)
        all.local().events.add();
    });
  }
  std::uint64_t seen = 0;
  while (seen < each) { // reading is allowed at the same time, and a sum never decreases
    const std::uint64_t sum = all.sum(&Counters::events);
    REQUIRE(sum >= seen);
    seen = sum;
  }
  for (std::thread& thread : threads)
    thread.join();
  CHECK(all.sum(&Counters::events) == 4 * each);
}

TEST_CASE("per thread: two sets of counters in one thread stay separate, even at a reused address") {
  std::optional<PerThread<Counters>> first;
  PerThread<Counters> second;
  for (int i = 0; i < 3; ++i) {
    first.emplace(); // at the address of the previous one
    CHECK(first->sum(&Counters::events) == 0);
    first->local().events.add(5);
    second.local().events.add();
    first->local().events.add(5);
    CHECK(first->sum(&Counters::events) == 10);
  }
  CHECK(second.sum(&Counters::events) == 3);
}

TEST_CASE("per thread: a level may rise in one thread and fall in another") {
  PerThread<Counters> all;
  all.local().level.add(7);
  std::thread([&all] { all.local().level.subtract(5); }).join();
  CHECK(all.level(&Counters::level) == 2);
  std::thread([&all] { all.local().level.subtract(3); }).join();
  CHECK(all.level(&Counters::level) == 0); // no wrap-around to 2^64
}

TEST_CASE("per thread: a value equal to a bound counts in the bucket of that bound") {
  PerThread<Counters> all;
  for (const std::uint64_t value : {0, 10, 11, 20, 21, 100, 101, 5000})
    all.local().sizes.observe(value);
  std::thread([&all] { all.local().sizes.observe(15); }).join();
  CHECK(buckets(all) == std::vector<std::uint64_t>{2, 3, 2, 2});
  CHECK(all.sum([](const Counters& counters) -> const Counter& { return counters.sizes.sum(); }) == 5'278);
  CHECK(Histogram<bounds>::bound(2) == 100.0);
  CHECK(std::isinf(Histogram<bounds>::bound(3)));
}
