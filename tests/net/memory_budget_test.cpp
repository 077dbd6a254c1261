#include "net/limits/memory_budget.hpp"

#include <memory>
#include <optional>
#include <vector>

#include <catch2/catch.hpp>

using namespace nvrhub;
using namespace nvrhub::net;

namespace {

constexpr std::size_t limit = 8 << 20;

class Consumer final : public MemoryConsumer {
public:
  Consumer(MemoryBudget& budget, IoThread& thread, std::size_t bytes)
      : budget_(budget), thread_(thread), reservation_(budget.held) {
    reservation_.set(bytes);
    budget_.consumers.join(thread_, *this);
  }
  ~Consumer() { budget_.consumers.leave(thread_, *this); }

  std::size_t cost() const override { return reservation_.get(); }
  void shed() override {
    is_shed = true;
    reservation_.set(0);
  }

  bool is_shed = false;

private:
  MemoryBudget& budget_;
  IoThread& thread_;
  MemoryReservation reservation_;
};

struct Snapshots final : SharedMemory {
  std::size_t bytes = 0;
  std::optional<std::size_t> freed_down_to;

  std::size_t shared_bytes() const override { return bytes; }
  void free_shared(std::size_t max_bytes) override { freed_down_to = max_bytes; }
};

/// A budget on I/O threads that the test runs itself.
struct Budget {
  explicit Budget(std::size_t threads = 1) : pool(threads) { budget.watch(snapshots); }

  void check() {
    budget.check();
    for (std::size_t i = 0; i < pool.size(); ++i)
      pool.thread(i).context().poll();
  }

  actors::Log log;
  Snapshots snapshots;
  IoPool pool;
  MemoryBudget budget{pool, limit, log};
};

} // namespace

TEST_CASE("memory budget: it counts reservations and shared memory", "[memory]") {
  Budget its;
  CHECK(its.budget.used() == 0);
  its.snapshots.bytes = 100;
  {
    MemoryReservation one(its.budget.held);
    MemoryReservation other(its.budget.held);
    one.set(1'000);
    other.set(10);
    one.set(500);
    CHECK(its.budget.used() == 610);
  }
  CHECK(its.budget.used() == 100);
}

TEST_CASE("memory budget: nothing is closed up to the limit", "[memory]") {
  Budget its;
  Consumer consumer(its.budget, its.pool.thread(0), limit);
  its.check();
  CHECK_FALSE(consumer.is_shed);
  CHECK_FALSE(its.snapshots.freed_down_to.has_value());
  CHECK(its.budget.shed_connections() == 0);
}

TEST_CASE("memory budget: the connections that use most are closed until an eighth is free", "[memory]") {
  Budget its;
  IoThread& thread = its.pool.thread(0);
  Consumer large(its.budget, thread, limit / 2);
  Consumer larger(its.budget, thread, limit / 2 + 1);
  Consumer small(its.budget, thread, 1'000);
  its.check();
  CHECK(larger.is_shed);
  CHECK_FALSE(large.is_shed); // closing one was enough
  CHECK_FALSE(small.is_shed);
  CHECK(its.budget.shed_connections() == 1);
  CHECK(its.budget.used() <= limit - limit / 8);
}

TEST_CASE("memory budget: connections that use little stay open, however many they are", "[memory]") {
  Budget its;
  std::vector<std::unique_ptr<Consumer>> consumers;
  for (std::size_t i = 0; i < 2 * limit / 16'000; ++i)
    consumers.push_back(std::make_unique<Consumer>(its.budget, its.pool.thread(0), 16'000));
  its.check();
  CHECK(its.budget.shed_connections() == 0);
}

TEST_CASE("memory budget: shared memory is freed, too", "[memory]") {
  Budget its;
  its.snapshots.bytes = limit + 1;
  its.check();
  CHECK(its.snapshots.freed_down_to == limit / 2);
}

TEST_CASE("memory budget: each thread frees in proportion to what its connections use", "[memory]") {
  Budget its(2);
  std::vector<std::unique_ptr<Consumer>> busy;
  for (int i = 0; i < 9; ++i)
    busy.push_back(std::make_unique<Consumer>(its.budget, its.pool.thread(0), limit / 8));
  Consumer other(its.budget, its.pool.thread(1), limit / 8);
  Consumer idle(its.budget, its.pool.thread(1), 0);
  its.check();
  std::size_t shed = 0;
  for (const auto& consumer : busy)
    shed += consumer->is_shed ? 1 : 0;
  CHECK(shed == 3);     // 10/8 of the limit are used and 7/8 are left: 9/10 of the 3/8 are this thread's
  CHECK(other.is_shed); // 1/10 of them, which is less than one connection
  CHECK_FALSE(idle.is_shed);
}
