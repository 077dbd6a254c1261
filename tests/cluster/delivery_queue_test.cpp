#include <catch2/catch.hpp>

#include "cluster/delivery_queue.hpp"

using nvrhub::actors::DeliveredEntry;
using nvrhub::cluster::DeliveryQueue;

namespace {

DeliveredEntry entry(std::size_t bytes) {
  return {1, {"a", 1}, 1, std::string(bytes, 'x')};
}

} // namespace

TEST_CASE("the taker is told once, and the follower is paused at the limit") {
  DeliveryQueue queue(1000);
  CHECK(queue.is_empty());
  const auto first = queue.push(entry(10));
  CHECK(first.was_empty);
  CHECK_FALSE(first.is_full);
  const auto second = queue.push(entry(2000));
  CHECK_FALSE(second.was_empty);
  CHECK(second.is_full);
  const auto taken = queue.take();
  CHECK(taken.entries.size() == 2);
  CHECK(taken.was_full);
  CHECK(queue.is_empty());
  const auto again = queue.push(entry(10));
  CHECK(again.was_empty);
  CHECK_FALSE(again.is_full);
  CHECK_FALSE(queue.take().was_full);
  CHECK(queue.take().entries.empty());
}

TEST_CASE("entries without bytes count, too") {
  DeliveryQueue queue(1000);
  bool is_full = false;
  for (int i = 0; i < 1000 && !is_full; ++i)
    is_full = queue.push(entry(0)).is_full;
  CHECK(is_full);
}
