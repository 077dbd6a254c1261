#include <catch2/catch.hpp>

#include <algorithm>
#include <future>
#include <thread>
#include <vector>

#include "net/io_pool.hpp"

using namespace nvrhub::net;

/// One chain of posts whose links are made by different threads, one after the other: asio::post would let those that a
/// second thread makes overtake those that the first has made to itself.
TEST_CASE("IoThread: posts come in the order in which they were made, from whatever threads") {
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
