#include <catch2/catch.hpp>

#include <algorithm>
#include <future>
#include <thread>
#include <vector>

#include "net/reactor/io_pool.hpp"

using namespace nvrhub::net;

/// Two threads post in turn: with asio::post, what the second thread posts would overtake what the first has posted to
/// itself.
TEST_CASE("io thread: posts run in the order in which they were made, whatever threads made them") {
  constexpr int rounds = 2'000;
  IoPool pool(2);
  pool.start();
  std::vector<int> seen; // by thread 0 only
  for (int round = 0; round < rounds; ++round) {
    std::promise<void> posted;
    pool.thread(0).post([&, round] {
      pool.thread(0).post([&seen, round] { seen.push_back(2 * round); }); // to itself, from a handler
      std::promise<void> other;
      pool.thread(1).post([&, round] {
        pool.thread(0).post([&seen, round] { seen.push_back(2 * round + 1); });
        other.set_value();
      });
      other.get_future().wait(); // the handler of thread 0 is still running
      posted.set_value();
    });
    posted.get_future().wait();
  }
  pool.flush();
  pool.stop();
  REQUIRE(seen.size() == 2 * rounds);
  CHECK(std::is_sorted(seen.begin(), seen.end()));
}
