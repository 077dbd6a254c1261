#include "actors/tally.hpp"

#include <array>
#include <cmath>
#include <optional>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

using namespace nvrhub::actors;

namespace {

constexpr std::array<std::uint64_t, 3> bounds{10, 20, 100};

struct Cells {
  Cell events;
  Cell level;
  Histogram<bounds> sizes;
};

std::vector<std::uint64_t> buckets(const Tallies<Cells>& tallies) {
  std::vector<std::uint64_t> counts;
  for (std::size_t i = 0; i < Histogram<bounds>::size; ++i)
    counts.push_back(tallies.sum([i](const Cells& cells) -> const Cell& { return cells.sizes.bucket(i); }));
  return counts;
}

} // namespace

TEST_CASE("tally: what threads count at the same time adds up, and stays when they end") {
  Tallies<Cells> tallies;
  constexpr std::uint64_t each = 200'000;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&tallies] {
      for (std::uint64_t n = 0; n < each; ++n)
        tallies.mine().events.add();
    });
  }
  std::uint64_t seen = 0;
  while (seen < each) { // reading meanwhile is fine, and never goes back
    const std::uint64_t sum = tallies.sum(&Cells::events);
    REQUIRE(sum >= seen);
    seen = sum;
  }
  for (std::thread& thread : threads)
    thread.join();
  CHECK(tallies.sum(&Cells::events) == 4 * each);
}

TEST_CASE("tally: several in one thread do not mix, even where one stood before") {
  std::optional<Tallies<Cells>> first;
  Tallies<Cells> second;
  for (int i = 0; i < 3; ++i) {
    first.emplace(); // where the last one stood
    CHECK(first->sum(&Cells::events) == 0);
    first->mine().events.add(5);
    second.mine().events.add();
    first->mine().events.add(5);
    CHECK(first->sum(&Cells::events) == 10);
  }
  CHECK(second.sum(&Cells::events) == 3);
}

TEST_CASE("tally: a level may go up in one thread and down in another") {
  Tallies<Cells> tallies;
  tallies.mine().level.add(7);
  std::thread([&tallies] { tallies.mine().level.subtract(5); }).join();
  CHECK(tallies.level(&Cells::level) == 2);
  std::thread([&tallies] { tallies.mine().level.subtract(3); }).join();
  CHECK(tallies.level(&Cells::level) == 0); // not some 2^64
}

TEST_CASE("tally: a histogram's bounds belong to their buckets") {
  Tallies<Cells> tallies;
  for (const std::uint64_t value : {0, 10, 11, 20, 21, 100, 101, 5000})
    tallies.mine().sizes.observe(value);
  std::thread([&tallies] { tallies.mine().sizes.observe(15); }).join();
  CHECK(buckets(tallies) == std::vector<std::uint64_t>{2, 3, 2, 2});
  CHECK(tallies.sum([](const Cells& cells) -> const Cell& { return cells.sizes.sum(); }) == 5'278);
  CHECK(Histogram<bounds>::bound(2) == 100.0);
  CHECK(std::isinf(Histogram<bounds>::bound(3)));
}
