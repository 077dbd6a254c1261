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

namespace nvrhub::actors {

/// A number that one thread moves and any thread reads. Counts up, or stands for a level that goes up and down.
class Cell {
public:
  void add(std::uint64_t by = 1) { move_to(value() + by); }
  void subtract(std::uint64_t by = 1) { move_to(value() - by); }
  /// Of a level only the sum over all threads means anything: one may add what another takes away.
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

private:
  void move_to(std::uint64_t to) { value_.store(to, std::memory_order_relaxed); }

  std::atomic<std::uint64_t> value_{0};
};

/// How often a value fell under which of `Bounds` (upper ones, ascending), and their sum.
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
  const Cell& bucket(std::size_t index) const { return buckets_[index]; }
  const Cell& sum() const { return sum_; }

private:
  std::array<Cell, size> buckets_;
  Cell sum_;
};

/// One T, made of cells, for each thread that counts: no lock, no cache line that two threads write. What a thread
/// counted stays when it ends.
template <class T>
class Tallies {
public:
  /// The calling thread's own.
  T& mine() {
    static thread_local constinit Last last;
    if (last.owner != id_) last = {id_, &enlist()};
    return *last.mine;
  }

  /// Shows what each thread counted, to any thread; exact for what happened before the call.
  template <class Visit>
  void each(Visit visit) const {
    const std::lock_guard lock(mutex_);
    for (const auto& [thread, slot] : slots_)
      visit(std::as_const(slot->cells));
  }
  /// `pick`: const T& -> const Cell&.
  template <class Pick>
  std::uint64_t sum(Pick pick) const {
    std::uint64_t sum = 0;
    each([&](const T& cells) { sum += std::invoke(pick, cells).value(); });
    return sum;
  }
  /// Of a level that goes up and down; threads that are read one after the other may make it seem below nothing.
  template <class Pick>
  std::uint64_t level(Pick pick) const {
    const auto level = static_cast<std::int64_t>(sum(pick));
    return level > 0 ? static_cast<std::uint64_t>(level) : 0;
  }

private:
  struct Last {
    std::uint64_t owner = 0;
    T* mine = nullptr;
  };
  struct alignas(64) Slot {
    T cells;
  };

  T& enlist() {
    const std::lock_guard lock(mutex_);
    auto& slot = slots_[std::this_thread::get_id()];
    if (!slot) slot = std::make_unique<Slot>();
    return slot->cells;
  }
  static std::uint64_t next_id() {
    static std::atomic<std::uint64_t> last{0};
    return ++last;
  }

  const std::uint64_t id_ = next_id(); // never given again, as an address would be
  mutable std::mutex mutex_;
  std::map<std::thread::id, std::unique_ptr<Slot>> slots_;
};

} // namespace nvrhub::actors
