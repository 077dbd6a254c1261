#include "cluster/lease_view.hpp"

#include "log/boot_clock.hpp"

namespace nvrhub::cluster {

void LeaseView::refresh(const log::Log& log) {
  // In this order: what passes between the two calls makes the lease look shorter, not longer.
  const auto now = log::BootClock::now();
  const log::Liveness liveness = log.liveness();
  if (liveness.lease != log::Lease::alive) return end();
  until_ns_.store((now + liveness.left).time_since_epoch().count(), std::memory_order_relaxed);
}

bool LeaseView::is_alive() const {
  return log::BootClock::now().time_since_epoch().count() < until_ns_.load(std::memory_order_relaxed);
}

} // namespace nvrhub::cluster
