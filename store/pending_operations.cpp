#include "store/pending_operations.hpp"

#include <algorithm>

namespace nvrhub::store {

PendingOperations::Operation::Operation(PendingOperations& operations, Time now) {
  const Time::rep begun = now.time_since_epoch().count();
  for (std::atomic<Time::rep>& slot : operations.begun_) {
    Time::rep expected = none;
    if (!slot.compare_exchange_strong(expected, begun, std::memory_order_relaxed)) continue;
    slot_ = &slot;
    return;
  }
}

PendingOperations::Operation::~Operation() {
  if (slot_ != nullptr) slot_->store(none, std::memory_order_relaxed);
}

void PendingOperations::Operation::renew(Time now) {
  if (slot_ != nullptr) slot_->store(now.time_since_epoch().count(), std::memory_order_relaxed);
}

std::optional<std::chrono::seconds> PendingOperations::hanging(Time now) const {
  Time oldest = now;
  for (const std::atomic<Time::rep>& slot : begun_) {
    const Time::rep begun = slot.load(std::memory_order_relaxed);
    if (begun != none) oldest = std::min(oldest, Time(Time::duration(begun)));
  }
  const auto lasted = std::chrono::floor<std::chrono::seconds>(now - oldest);
  if (lasted < limit) return std::nullopt;
  return lasted;
}

} // namespace nvrhub::store
