#include "cluster/delivery_queue.hpp"

#include <utility>

namespace nvrhub::cluster {

DeliveryQueue::Pushed DeliveryQueue::push(actors::DeliveredEntry entry) {
  const std::lock_guard lock(mutex_);
  const bool was_empty = entries_.empty();
  bytes_ += sizeof entry + entry.bytes.size() + entry.origin.node.size();
  entries_.push_back(std::move(entry));
  return {was_empty, bytes_ >= max_bytes_};
}

DeliveryQueue::Taken DeliveryQueue::take() {
  const std::lock_guard lock(mutex_);
  Taken taken{std::exchange(entries_, {}), bytes_ >= max_bytes_};
  bytes_ = 0;
  return taken;
}

bool DeliveryQueue::is_empty() const {
  const std::lock_guard lock(mutex_);
  return entries_.empty();
}

} // namespace nvrhub::cluster
