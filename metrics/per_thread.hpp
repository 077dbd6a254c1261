#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

namespace nvrhub::metrics {

/// A number that one thread changes and any thread reads: a count, or a level that rises and falls.
class Counter {
public:
  void add(std::uint64_t by = 1) { store(value() + by); }
  void subtract(std::uint64_t by = 1) { store(value() - by); }
  /// Of a level, only the sum over all threads is meaningful: one thread may add what another subtracts.
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

private:
  void store(std::uint64_t to) { value_.store(to, std::memory_order_relaxed); }

  std::atomic<std::uint64_t> value_{0};
};

/// Counts values by bucket; `Bounds` are the inclusive upper bounds, ascending. Also sums them.
template <const auto& Bounds>
class Histogram {
public:
  static constexpr std::size_t size = Bounds.size() + 1;
  static double bound(std::size_t bucket) {
    return bucket < Bounds.size() ? static_cast<double>(Bounds[bucket]) : std::numeric_limits<double>::infinity();
  }

  void observe(std::uint64_t value) {
    std::size_t bucket = 0;
    while (bucket < Bounds.size() && value > Bounds[bucket])
      ++bucket;
    buckets_[bucket].add();
    sum_.add(value);
  }
  const Counter& bucket(std::size_t index) const { return buckets_[index]; }
  const Counter& sum() const { return sum_; }

private:
  std::array<Counter, size> buckets_;
  Counter sum_;
};

/// Counters of type T, one set for each thread that counts: no lock and no cache line that two threads write. What a
/// thread has counted remains after it ends.
///
///   struct Counters { Counter requests; };
///   PerThread<Counters> all;
///   all.local().requests.add();                 // any thread
///   std::uint64_t total = all.sum(&Counters::requests);
template <class T>
class PerThread {
public:
  /// The counters of the calling thread.
  T& local() {
    static thread_local constinit Last last;
    if (last.owner != id_) last = {id_, &register_thread()};
    return *last.local;
  }

  /// Calls `visit` with the counters of each thread. Any thread; exact for what happened before the call.
  template <class Visit>
  void each(Visit visit) const {
    const std::lock_guard lock(mutex_);
    for (const auto& [thread, slot] : slots_)
      visit(std::as_const(slot->counters));
  }
  /// `pick`: const T& -> const Counter&.
  template <class Pick>
  std::uint64_t sum(Pick pick) const {
    std::uint64_t sum = 0;
    each([&](const T& counters) { sum += std::invoke(pick, counters).value(); });
    return sum;
  }
  /// The sum of a level. Threads are read one after another, so a sum below zero is possible; it is returned as 0.
  template <class Pick>
  std::uint64_t level(Pick pick) const {
    const auto level = static_cast<std::int64_t>(sum(pick));
    return level > 0 ? static_cast<std::uint64_t>(level) : 0;
  }

private:
  struct Last {
    std::uint64_t owner = 0;
    T* local = nullptr;
  };
  struct alignas(64) Slot {
    T counters;
  };

  T& register_thread() {
    const std::lock_guard lock(mutex_);
    auto& slot = slots_[std::this_thread::get_id()];
    if (!slot) slot = std::make_unique<Slot>();
    return slot->counters;
  }
  static std::uint64_t next_id() {
    static std::atomic<std::uint64_t> last{0};
    return ++last;
  }

  const std::uint64_t id_ = next_id(); // unlike an address, never reused
  mutable std::mutex mutex_;
  std::map<std::thread::id, std::unique_ptr<Slot>> slots_;
};

} // namespace nvrhub::metrics
