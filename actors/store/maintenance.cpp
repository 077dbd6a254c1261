// What the store actor does in addition to commits: liveness records and, in slices between commits, retention and
// checkpoints.
#include "actors/store/store_actor.hpp"

#include <algorithm>
#include <vector>

#include <caf/send.hpp>

namespace nvrhub::actors {

namespace {

constexpr std::size_t checkpoint_slice = 2'000; // NVRs and cameras
constexpr std::size_t checkpoint_ids = 2'000;

} // namespace

void StoreState::on(const Tick&) {
  if (options_.replicator) {
    maintain_replicated();
    self_->delayed_send(self_, options_.tick, Tick{});
    return;
  }
  std::chrono::milliseconds next = options_.tick;
  // A commit that is being retried detects that the disk works again. Without one, the liveness record does.
  if (!shared_->degraded || queue_.empty()) {
    const auto now = self_->clock().now();
    const bool healthy = now < last_liveness_ + options_.tick || record_liveness();
    if (healthy) retry_deferred_loads();
    const bool more_to_prune = healthy && prune();
    const bool more_to_checkpoint = healthy && checkpoint();
    if (more_to_prune || more_to_checkpoint) {
      next /= 100; // commits go in between
    } else if (healthy) {
      store_->release_memory(); // of pages read while the fleet connected (docs/internals/decisions/0023)
      next = std::chrono::ceil<std::chrono::milliseconds>(last_liveness_ + options_.tick - now);
    } else {
      next = options_.retry;
    }
  }
  self_->delayed_send(self_, next, Tick{});
}

/// What passed since the last record that was taken.
store::LivenessRecord StoreState::liveness(TimePoint now) {
  const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(now - last_liveness_);
  store::LivenessRecord record;
  record.seen = shared_->presence.take_moved();
  record.now = shared_->now();
  record.keep_from = history_begin();
  record.vouched = retention_now();
  // Times in the store never go back, so this includes events that were written while the clock was ahead.
  const fleet::WallMillis until = std::max({record.now, last_event_at_, liveness_until_});
  // Wall time moved on farther than monotonic time: the machine was suspended, or the clock was wrong.
  record.clock_discontinuity = until - liveness_until_ > (passed + 2 * options_.tick).count();
  return record;
}

void StoreState::liveness_taken(const store::LivenessRecord& record, TimePoint now) {
  shared_->counters.local().seen_flushed.add(record.seen.size());
  last_liveness_ = now;
  liveness_until_ = std::max({record.now, last_event_at_, liveness_until_});
}

bool StoreState::record_liveness() {
  const auto now = self_->clock().now();
  const store::LivenessRecord record = liveness(now);
  metrics::ActorCounters& counters = shared_->counters.local();
  const auto begin = std::chrono::steady_clock::now();
  if (const store::Result<void> written = store_->record_liveness(record); !written) {
    counters.seen_flushes_failed.add();
    shared_->presence.put_back(record.seen);
    enter_degraded(written.error().message);
    return false;
  }
  leave_degraded();
  counters.seen_flush_us.observe(metrics::us_since(begin));
  liveness_taken(record, now);
  return true;
}

fleet::WallMillis StoreState::history_begin() const {
  const fleet::WallMillis now = retention_now();
  if (options_.history.count() == 0 || now == 0) return 0;
  return now - std::chrono::duration_cast<std::chrono::milliseconds>(options_.history).count();
}

fleet::WallMillis StoreState::retention_now() const {
  return shared_->retention_now ? shared_->retention_now() : 0;
}

bool StoreState::prune() {
  const std::uint64_t pruned = store_->prune(history_begin(), prune_slice).value_or(0);
  shared_->counters.local().events_pruned.add(pruned);
  return pruned == prune_slice;
}

bool StoreState::checkpoint() {
  std::vector<fleet::NvrId> ids;
  for (const fleet::NvrId id : changed_) {
    if (ids.size() == checkpoint_ids) break;
    ids.push_back(id);
  }
  const std::size_t examined = store_->checkpoint(ids, checkpoint_slice).value_or(0);
  for (std::size_t i = 0; i < examined; ++i)
    changed_.erase(ids[i]);
  return examined > 0 && !changed_.empty();
}

} // namespace nvrhub::actors
