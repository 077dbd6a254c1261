// What the store actor does besides commits: marks, and in slices between commits, retention and checkpoints.
#include "actors/store.hpp"

#include <algorithm>
#include <vector>

#include <caf/send.hpp>

namespace nvrhub::actors {

namespace {

// Slices take some 20 ms of the writer.
constexpr std::uint64_t prune_slice = 500;
constexpr std::size_t checkpoint_slice = 2'000; // NVRs and cameras
constexpr std::size_t checkpoint_looks = 2'000;

} // namespace

void StoreState::on(const Tick&) {
  std::chrono::milliseconds next = options_.tick;
  // While a commit is tried again it is what finds out that the disk is back. Without one, the mark is.
  if (!shared_->degraded || queue_.empty()) {
    const auto now = self_->clock().now();
    const bool sound = now < marked_ + options_.tick || mark();
    if (sound) load_waiting();
    const bool more_to_prune = sound && prune();
    const bool more_to_checkpoint = sound && checkpoint();
    if (more_to_prune || more_to_checkpoint) {
      next /= 100; // in slices, so that commits get their turn
    } else if (sound) {
      store_->let_go(); // else what a fleet read as it connected would stay the server's (decisions/0023)
      next = std::chrono::ceil<std::chrono::milliseconds>(marked_ + options_.tick - now);
    } else {
      next = options_.retry;
    }
  }
  self_->delayed_send(self_, next, Tick{});
}

bool StoreState::mark() {
  const auto now = self_->clock().now();
  const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(now - marked_);
  const Presence::Moved seen = shared_->presence.take_moved();
  store::Mark mark;
  mark.now = shared_->now();
  mark.keep_from = history_begin();
  // Times in the store never go back, so a clock that was ahead when an event was written leaves its mark.
  const fleet::WallMillis upto = std::max({mark.now, last_event_at_, marked_upto_});
  // They went farther than this process did: the machine slept, or the clock was wrong.
  mark.was_away = upto - marked_upto_ > (passed + 2 * options_.tick).count();
  mark.seen = seen;
  Counters& counters = shared_->counters.mine();
  const auto begin = std::chrono::steady_clock::now();
  if (const store::Result<void> marked = store_->mark(mark); !marked) {
    counters.seen_flushes_failed.add();
    shared_->presence.put_back(seen);
    failing(marked.error().message);
    return false;
  }
  working();
  counters.seen_flush_us.observe(us_since(begin));
  counters.seen_flushed.add(seen.size());
  marked_ = now;
  marked_upto_ = upto;
  return true;
}

fleet::WallMillis StoreState::history_begin() const {
  if (options_.history.count() == 0) return 0;
  return shared_->now() - std::chrono::duration_cast<std::chrono::milliseconds>(options_.history).count();
}

bool StoreState::prune() {
  const std::uint64_t pruned = store_->prune(history_begin(), prune_slice).value_or(0);
  shared_->counters.mine().events_pruned.add(pruned);
  return pruned == prune_slice;
}

bool StoreState::checkpoint() {
  std::vector<fleet::NvrId> ids;
  for (const fleet::NvrId id : changed_) {
    if (ids.size() == checkpoint_looks) break;
    ids.push_back(id);
  }
  const std::size_t looked = store_->checkpoint(ids, checkpoint_slice).value_or(0);
  for (std::size_t i = 0; i < looked; ++i)
    changed_.erase(ids[i]);
  return looked > 0 && !changed_.empty();
}

} // namespace nvrhub::actors
