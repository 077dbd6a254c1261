#pragma once

#include <cstddef>
#include <mutex>
#include <vector>

#include "actors/store/replicator.hpp"

namespace nvrhub::cluster {

/// The entries that were delivered and not yet taken. THREADS: any.
class DeliveryQueue {
public:
  explicit DeliveryQueue(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  struct Pushed {
    bool was_empty = false; // on_delivered is due
    bool is_full = false;   // at least max_bytes: the follower is to be paused
  };
  Pushed push(actors::DeliveredEntry entry);

  struct Taken {
    std::vector<actors::DeliveredEntry> entries;
    bool was_full = false; // the follower is to be resumed
  };
  Taken take();

  bool is_empty() const;

private:
  const std::size_t max_bytes_;
  mutable std::mutex mutex_;
  std::vector<actors::DeliveredEntry> entries_;
  std::size_t bytes_ = 0; // of entries_, with what each takes beside its bytes
};

} // namespace nvrhub::cluster
