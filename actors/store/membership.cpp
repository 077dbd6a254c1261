// What the store actor of a cluster proposes without being asked: liveness, which servers are lost, retention.
#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include "actors/store/store_actor.hpp"

namespace nvrhub::actors {

namespace {

constexpr std::size_t max_entry_seen = 20'000; // last_seen per liveness entry
constexpr std::size_t max_entry_ids = 2'000;

} // namespace

std::optional<StoreState::Origins> StoreState::read_origins(const store::Snapshot& snapshot) {
  const store::Origin& self = options_.replicator->self();
  Origins origins;
  std::optional<store::LogPosition> oldest;
  store::LogPosition own = 0;
  const auto walked = snapshot.each_origin([&](const store::Origin& origin, const store::OriginState& state) {
    if (state.lost && grace_is_over(origin, state)) {
      const fleet::WallMillis end = state.lost_at + static_cast<fleet::WallMillis>(state.grace_ms);
      origins.expired.emplace_back(store::entry::Expire{origin, end, store::entry::max_expired});
    }
    if (state.lost || !state.joined) return;
    oldest = oldest ? std::min(*oldest, state.joined_position) : state.joined_position;
    if (origin == self) {
      own = state.joined_position;
    } else {
      origins.live.push_back(origin);
    }
  });
  if (!walked) {
    options_.replicator->fail(walked.error().message);
    return std::nullopt;
  }
  origins.is_oldest = oldest == own;
  return origins;
}

/// Whether NVRs have had the whole grace to come back, as this server has seen it: clocks of several machines differ,
/// and while this server was down or without its lease none could come back.
bool StoreState::grace_is_over(const store::Origin& origin, const store::OriginState& state) {
  const auto now = self_->clock().now();
  const auto paused = shared_->paused.load();
  const Grace& grace = graces_.try_emplace(origin, Grace{now, paused}).first->second;
  return now - grace.began >= std::chrono::milliseconds(state.grace_ms) + (paused - grace.paused);
}

void StoreState::maintain_replicated() {
  if (shared_->may_serve && !shared_->may_serve()) graces_.clear();
  if (is_fenced_ || !others_.empty()) return; // the log does not answer: nothing more is queued
  const auto snapshot = store_->snapshot();
  if (!snapshot) return enter_degraded(snapshot.error().message);
  auto origins = read_origins(*snapshot);
  if (!origins) return;
  queue_liveness(*snapshot);
  std::move(origins->expired.begin(), origins->expired.end(), std::back_inserter(others_));
  if (origins->is_oldest) {
    queue_retention(*snapshot);
    trim(*snapshot, origins->live);
    lead();
  }
  options_.replicator->find_lost(std::move(origins->live));
  store_->release_memory();
  propose();
}

void StoreState::on(const Vanished&) {
  const auto snapshot = store_->snapshot();
  if (!snapshot || is_fenced_) return; // the next Tick asks
  if (auto origins = read_origins(*snapshot)) options_.replicator->find_lost(std::move(origins->live));
}

void StoreState::queue_liveness(const store::Snapshot& snapshot) {
  const TimePoint now = self_->clock().now();
  store::LivenessRecord record = liveness(now);
  // Servers that live record every tick. If none did, no one has observed the fleet since.
  const auto times = snapshot.times();
  const fleet::WallMillis silence = times ? record.now - times->last : 0;
  record.begins_run = std::exchange(is_first_liveness_, false) && silence > (4 * options_.tick).count();
  // The log keeps what follows the positions that servers name here.
  const auto donated = shared_->donated.applied();
  record.applied = donated ? *donated : snapshot.applied().value_or(store::ChainLink{});
  if (shared_->dashboards) record.dashboards = shared_->dashboards();
  liveness_taken(record, now);
  while (record.seen.size() > max_entry_seen) {
    store::LivenessRecord part{.now = record.now, .seen = {}, .applied = {}};
    part.seen.assign(record.seen.end() - static_cast<std::ptrdiff_t>(max_entry_seen), record.seen.end());
    record.seen.resize(record.seen.size() - max_entry_seen);
    others_.emplace_back(std::move(part));
  }
  others_.emplace_back(std::move(record));
}

/// One server of the cluster prunes the history and writes checkpoints: the one that joined first.
void StoreState::queue_retention(const store::Snapshot& snapshot) {
  bool is_old = false;
  const fleet::WallMillis before = history_begin();
  const auto begin = snapshot.log_begin();
  if (before != 0 && begin) {
    (void)snapshot.each_event(*begin - 1, *begin, std::nullopt, [&](const fleet::Event& event) {
      is_old = event.at < before;
      return false;
    });
  }
  if (is_old) others_.emplace_back(store::entry::Prune{before, prune_slice});
  if (changed_.empty()) return;
  store::entry::Checkpoint checkpoint{{}, max_entry_ids};
  while (!changed_.empty() && checkpoint.changed.size() < max_entry_ids)
    checkpoint.changed.push_back(changed_.extract(changed_.begin()).value());
  others_.emplace_back(std::move(checkpoint));
}

/// Which store is wrong cannot be seen in one comparison: the one that differs from most stops.
void StoreState::compare_stores(const store::Origin& sender, const store::Applied& applied) {
  if (applied.outcomes.empty() || applied.outcomes.front()) {
    differing_.erase(sender);
    return;
  }
  const std::string& why = applied.outcomes.front().error().message;
  if (differing_.insert(sender).second) shared_->log(Level::error, "cluster_differs", why, {{"node", sender.node}});
  const auto snapshot = store_->snapshot();
  const auto origins = snapshot ? read_origins(*snapshot) : std::nullopt;
  if (!origins || 2 * differing_.size() <= origins->live.size()) return;
  is_fenced_ = true;
  refuse_queued();
  options_.replicator->fail(why);
}

/// A member that has not said yet what it has applied stops the trimming.
void StoreState::trim(const store::Snapshot& snapshot, const std::vector<store::Origin>& live) {
  const TimePoint now = self_->clock().now();
  const auto donated = shared_->donated.applied();
  store::LogPosition all = (donated ? *donated : snapshot.applied().value_or(store::ChainLink{})).position;
  for (const store::Origin& origin : live) {
    const auto applied = applied_by_.find(origin);
    if (applied == applied_by_.end()) return;
    all = std::min(all, applied->second);
  }
  trim_points_.push_back({now, all});
  store::LogPosition upto = 0;
  for (; now - trim_points_.front().at >= options_.log_kept; trim_points_.pop_front())
    upto = trim_points_.front().position;
  if (upto != 0) options_.replicator->trim(upto);
}

void StoreState::on(const AskLead&) {
  waiting_to_lead_ = caf::actor_cast<AlertActor>(self_->current_sender());
  const auto snapshot = store_->snapshot();
  const auto origins = snapshot ? read_origins(*snapshot) : std::nullopt; // else the next Tick asks
  if (origins && origins->is_oldest) lead();
}

void StoreState::on(const LostOrigins& message) {
  if (is_fenced_) return;
  for (const store::Origin& origin : message.lost) {
    others_.emplace_back(store::entry::NodeLost{origin, shared_->now(),
                                                static_cast<std::uint64_t>(shared_->settings.restart_grace.count())});
  }
  propose();
}

void StoreState::lead() {
  if (waiting_to_lead_) self_->send(std::exchange(waiting_to_lead_, nullptr), Lead{});
}

/// The NVRs of a server that was lost are unconfirmed until they are back, or expire.
void StoreState::note_lost(const std::vector<store::Origin>& lost) {
  const auto snapshot = store_->snapshot();
  if (!snapshot) return enter_degraded(snapshot.error().message);
  for (const store::Origin& origin : lost)
    graces_.try_emplace(origin, Grace{self_->clock().now(), shared_->paused.load()});
  std::set<store::OriginNumber> numbers;
  auto read = snapshot->each_origin([&](const store::Origin& origin, const store::OriginState& state) {
    if (std::find(lost.begin(), lost.end(), origin) != lost.end()) numbers.insert(state.number);
  });
  auto ids = std::make_shared<std::vector<fleet::NvrId>>();
  if (read) {
    read = snapshot->each_held([&](fleet::NvrId id, store::OriginNumber holder) {
      if (!numbers.contains(holder)) return;
      shared_->presence.set_unconfirmed(id, true);
      ids->push_back(id);
    });
  }
  if (!read) return options_.replicator->fail(read.error().message);
  if (!ids->empty()) self_->send(fanout_, NvrsUnconfirmed{std::move(ids)});
  if (const auto origins = read_origins(*snapshot); origins && origins->is_oldest) lead();
  if (std::find(lost.begin(), lost.end(), options_.replicator->self()) == lost.end()) return;
  on(Fenced{});
  if (!shared_->may_serve || !shared_->may_serve()) return; // its lease had ended before: it joins again
  options_.replicator->fail("another server has joined the cluster as node " + options_.replicator->self().node +
                            ": each needs a --node of its own");
}

} // namespace nvrhub::actors
