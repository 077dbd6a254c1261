#include "net/limits/memory_budget.hpp"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include <boost/asio/steady_timer.hpp>

namespace nvrhub::net {

namespace {

constexpr auto interval = std::chrono::milliseconds(20);
constexpr std::size_t min_cost = 16 * 1024; // closing a connection that uses less would not help

} // namespace

std::size_t MemoryBudget::used() const {
  return held.load(std::memory_order_relaxed) + (shared_ == nullptr ? 0 : shared_->shared_bytes());
}

void MemoryBudget::watch(SharedMemory& shared) {
  shared_ = &shared;
  check_later();
}

void MemoryBudget::check_later() {
  const auto timer = std::make_shared<boost::asio::steady_timer>(pool_.thread(0).context(), interval);
  timer->async_wait([this, timer](const boost::system::error_code& error) {
    if (error) return;
    check();
    check_later();
  });
}

void MemoryBudget::check() {
  if (const std::size_t bytes = used(); bytes > limit_) shed(bytes);
}

/// Each thread frees a part of the excess in proportion to its part of the memory in use: no connection is closed
/// because of what those on other threads use.
void MemoryBudget::shed(std::size_t used_bytes) {
  log_(actors::Level::warn, "memory_limit",
       "connections use more memory than --memory-limit: closing those that use most",
       {{"bytes", used_bytes}, {"limit", limit_}});
  if (shared_ != nullptr) shared_->free_shared(limit_ / 2);
  const std::size_t excess = used_bytes - (limit_ - limit_ / 8);
  consumers.on_each_thread([this, excess, used_bytes](const std::vector<MemoryConsumer*>& here) {
    std::vector<std::pair<std::size_t, MemoryConsumer*>> candidates;
    std::size_t used_here = 0;
    for (MemoryConsumer* consumer : here) {
      const std::size_t cost = consumer->cost();
      used_here += cost;
      if (cost >= min_cost) candidates.emplace_back(cost, consumer);
    }
    const double part = std::min(1.0, static_cast<double>(used_here) / static_cast<double>(used_bytes));
    const auto share = static_cast<std::size_t>(static_cast<double>(excess) * part);
    std::sort(candidates.rbegin(), candidates.rend());
    std::size_t freed = 0;
    for (const auto& [cost, consumer] : candidates) {
      if (freed >= share) break;
      freed += cost;
      shed_connections_.fetch_add(1, std::memory_order_relaxed);
      consumer->shed();
    }
  });
}

} // namespace nvrhub::net
