#include <catch2/catch.hpp>

#include <deque>

#include "store/pending_operations.hpp"

using namespace std::chrono_literals;
using nvrhub::store::PendingOperations;

TEST_CASE("PendingOperations: an operation hangs when it has lasted for the limit, until it ends or goes on") {
  PendingOperations operations;
  const PendingOperations::Time begin{1h}; // the test controls the clock
  CHECK_FALSE(operations.hanging(begin + 24h));
  {
    const PendingOperations::Operation first(operations, begin);
    PendingOperations::Operation second(operations, begin + 2s);
    CHECK_FALSE(operations.hanging(begin + PendingOperations::limit - 1ms));
    CHECK(operations.hanging(begin + 7'999ms) == 7s);
    second.renew(begin + 8s);
    CHECK(operations.hanging(begin + 8s) == 8s);
  }
  CHECK_FALSE(operations.hanging(begin + 24h));
}

TEST_CASE("PendingOperations: more operations than can be watched are harmless") {
  PendingOperations operations;
  const PendingOperations::Time begin{1h};
  {
    std::deque<PendingOperations::Operation> many;
    for (int i = 0; i < 1'000; ++i)
      many.emplace_back(operations, begin);
    CHECK(operations.hanging(begin + 1min) == 60s);
  }
  CHECK_FALSE(operations.hanging(begin + 1min));
}
