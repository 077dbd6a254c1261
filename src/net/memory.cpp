#include "net/memory.hpp"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include <boost/asio/steady_timer.hpp>

#include "net/services.hpp"

namespace nvrhub::net {

namespace {

constexpr auto interval = std::chrono::milliseconds(20);
constexpr std::size_t least = 16 * 1024; // closing those that hold less would not help

} // namespace

std::size_t Memory::used(const Services& services) {
  return services.memory.held.load(std::memory_order_relaxed) + services.dashboards.shared_bytes();
}

void Memory::watch(Services& services) {
  const auto timer = std::make_shared<boost::asio::steady_timer>(services.pool.thread(0).context(), interval);
  timer->async_wait([&services, timer](const boost::system::error_code& error) {
    if (error) return;
    if (used(services) > services.options.memory_limit) relieve(services);
    watch(services);
  });
}

/// Each thread frees as much of what is too much as it holds of all, so that nobody is closed for what others hold.
void Memory::relieve(Services& services) {
  const std::size_t limit = services.options.memory_limit;
  const std::size_t excess = used(services) - std::min(used(services), limit - limit / 8);
  const std::size_t all = std::max<std::size_t>(used(services), 1);
  services.log(actors::Level::warn, "memory_limit",
               "connections hold more than --memory-limit: the costliest are closed",
               {{"bytes", used(services)}, {"limit", limit}});
  services.dashboards.free_snapshots(limit / 2);
  services.memory.holders.on_each_thread([&services, excess, all](const std::vector<Holder*>& here) {
    std::vector<std::pair<std::size_t, Holder*>> costly;
    std::size_t its = 0;
    for (Holder* holder : here) {
      const std::size_t cost = holder->cost();
      its += cost;
      if (cost >= least) costly.emplace_back(cost, holder);
    }
    const double part = std::min(1.0, static_cast<double>(its) / static_cast<double>(all));
    const auto share = static_cast<std::size_t>(static_cast<double>(excess) * part);
    std::sort(costly.rbegin(), costly.rend());
    std::size_t freed = 0;
    for (const auto& [cost, holder] : costly) {
      if (freed >= share) break;
      freed += cost;
      ++services.memory.relieved;
      holder->relieve();
    }
  });
}

} // namespace nvrhub::net
