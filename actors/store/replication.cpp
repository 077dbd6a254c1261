// The store actor in a cluster applies what the log delivers.
#include <algorithm>
#include <utility>

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include "actors/store/store_actor.hpp"

namespace nvrhub::actors {

namespace {

constexpr std::size_t max_applied = 256; // entries per transaction of the store

store::Error fenced_error() {
  return {store::Errc::io, "this server is no longer a member of the cluster; it joins again"};
}

bool changes_tokens(const store::Write& write) {
  return std::any_of(write.alerts.begin(), write.alerts.end(),
                     [](const store::AlertWrite& record) { return record.key.starts_with(store::token_prefix); });
}

} // namespace

void StoreState::load_hostnames() {
  const auto snapshot = store_->snapshot();
  if (!snapshot) return options_.replicator->fail(snapshot.error().message);
  const auto walked = snapshot->each_nvr_summary(0, [this](const fleet::Nvr& nvr, const fleet::NvrSummary&) {
    hostname_of_[nvr.id] = nvr.hostname;
    return true;
  });
  if (!walked) options_.replicator->fail(walked.error().message);
}

void StoreState::on(const FollowNvrs&) {
  registry_ = caf::actor_cast<RegistryActor>(self_->current_sender());
}

void StoreState::on(const Fenced&) {
  is_fenced_ = true;
  refuse_queued();
}

/// What was not delivered is not in the log.
void StoreState::refuse_queued() {
  own_.reset();
  parts_.clear();
  others_.clear();
  const auto refused = std::make_shared<const store::Result<store::Claimed>>(tl::make_unexpected(fenced_error()));
  for (const QueuedClaim& claim : std::exchange(claims_, {}))
    self_->send(claim.owner, SessionClaimed{refused});
  std::vector<store::Result<fleet::NvrId>> outcomes(queue_.size(), tl::make_unexpected(fenced_error()));
  answer(queue_.size(), outcomes);
}

void StoreState::on(const Delivered&) {
  retries_ = false;
  apply_delivered();
  if (own_ || is_fenced_) return;
  if (!claims_.empty() || !others_.empty() || (urgent_queued_ && !queue_.empty())) {
    propose();
  } else if (!queue_.empty()) {
    commit_soon(false);
  } else {
    propose_for_watermarks();
  }
}

void StoreState::apply_delivered() {
  const bool is_retry = !delivered_.empty();
  if (!is_retry) delivered_ = options_.replicator->take(); // else more would pile up here
  std::size_t done = 0;
  while (done < delivered_.size()) {
    const std::size_t end = std::min(delivered_.size(), done + max_applied);
    std::vector<store::LogEntry> entries;
    for (std::size_t i = done; i < end; ++i)
      entries.push_back({delivered_[i].position, delivered_[i].origin, delivered_[i].number, delivered_[i].bytes});
    metrics::ActorCounters& counters = shared_->counters.local();
    const auto begin = std::chrono::steady_clock::now();
    auto applied = store_->apply(entries);
    if (!applied) {
      counters.commits_failed.add();
      if (applied.error().code != store::Errc::io) {
        is_fenced_ = true; // nothing is appended by a server whose store is damaged
        options_.replicator->fail(applied.error().message);
        break;
      }
      enter_degraded(applied.error().message);
      if (!std::exchange(retries_, true)) self_->delayed_send(self_, options_.retry, Delivered{});
      break;
    }
    leave_degraded();
    counters.commit_us.observe(metrics::us_since(begin));
    counters.commit_writes.observe(entries.size());
    for (std::size_t i = done; i < end; ++i)
      take_applied(delivered_[i], std::move((*applied)[i - done]));
    done = end;
  }
  const bool takes_more = is_retry && done == delivered_.size();
  delivered_.erase(delivered_.begin(), delivered_.begin() + static_cast<std::ptrdiff_t>(done));
  if (takes_more) self_->send(self_, Delivered{});
  retry_deferred_loads();
}

void StoreState::take_applied(const DeliveredEntry& entry, store::Applied applied) {
  if (applied.skipped) return;
  if (std::any_of(applied.batch.begin(), applied.batch.end(), changes_tokens)) ++shared_->token_changes;
  const bool is_own = entry.origin == options_.replicator->self();
  for (const auto& [id, seen] : applied.seen)
    if (hostname_of_.contains(id)) shared_->presence.note_written(id, seen);
  if (applied.applied_by_sender != 0) {
    applied_by_[entry.origin] = applied.applied_by_sender;
    shared_->peers.set(entry.origin, {applied.applied_by_sender, applied.dashboards_of_sender});
    if (!is_own) compare_stores(entry.origin, applied);
  }
  for (const store::Origin& lost : applied.lost) {
    applied_by_.erase(lost);
    shared_->peers.erase(lost);
    differing_.erase(lost);
  }
  if (!applied.lost.empty()) note_lost(applied.lost);
  if (is_own && own_) return take_own(applied);
  take_elsewhere(applied);
}

void StoreState::take_own(store::Applied& applied) {
  if (!parts_.empty()) {
    options_.replicator->append(std::move(parts_.front()));
    return parts_.pop_front();
  }
  const OwnEntry own = *std::exchange(own_, std::nullopt);
  switch (own.kind) {
  case Kind::claims:
    for (std::size_t i = 0; i < own.count; ++i) {
      if (applied.claims[i] && applied.claims[i]->nvr_id != 0)
        shared_->presence.set_unconfirmed(applied.claims[i]->nvr_id, false);
      self_->send(claims_.front().owner,
                  SessionClaimed{std::make_shared<const store::Result<store::Claimed>>(std::move(applied.claims[i]))});
      claims_.pop_front();
    }
    break;
  case Kind::batch:
    note_changes(applied, true);
    batch_ = std::move(applied.batch);
    measure_rate(own.count);
    answer(own.count, applied.outcomes);
    break;
  case Kind::other:
    shared_->counters.local().events_pruned.add(applied.pruned);
    if (applied.more || applied.pruned == prune_slice) others_.push_back(others_.front()); // more is left
    if (const auto* checkpoint = std::get_if<store::entry::Checkpoint>(&others_.front())) {
      for (std::size_t i = applied.examined; i < checkpoint->changed.size(); ++i)
        changed_.insert(checkpoint->changed[i]);
    }
    others_.pop_front();
    take_elsewhere(applied);
    break;
  }
  send_watermarks(0);
}

void StoreState::take_elsewhere(store::Applied& applied) {
  note_claims(applied);
  note_changes(applied, false);
  batch_ = std::move(applied.batch);
  const Events events = take_events(applied.outcomes);
  const auto send = [&] { publish(events); };
  options_.send_together ? options_.send_together(send) : send();
  if (options_.log_changes && !events->empty()) options_.log_changes(*events);
}

/// Another server has claimed sessions.
void StoreState::note_claims(const store::Applied& applied) {
  for (const store::Result<store::Claimed>& claimed : applied.claims) {
    if (!claimed || claimed->nvr_id == 0) continue;
    shared_->presence.set_unconfirmed(claimed->nvr_id, false);
    const auto hostname = hostname_of_.find(claimed->nvr_id);
    if (hostname == hostname_of_.end() || !registry_) continue;
    self_->send(registry_, ChangedElsewhere{hostname->second, claimed->version, claimed->session});
  }
}

/// Keeps what this server knows of each NVR beside the store. `is_own`: the NVR's actor has written it, and keeps the
/// hostnames.
void StoreState::note_changes(const store::Applied& applied, bool is_own) {
  for (std::size_t i = 0; i < applied.batch.size(); ++i) {
    const store::Write& write = applied.batch[i];
    const fleet::NvrId id = applied.outcomes[i].value_or(0);
    if (id == 0) continue; // refused, or it concerns no NVR
    std::string& hostname = hostname_of_[id];
    const std::string before = hostname;
    bool is_removed = false;
    for (const fleet::Event& event : write.events) {
      if (event.nvr) hostname = event.nvr->hostname;
      is_removed = event.kind == fleet::Kind::removed;
      const bool decides =
          event.kind == fleet::Kind::nvr_online || event.kind == fleet::Kind::nvr_offline || is_removed;
      if (!is_own && decides) shared_->presence.set_unconfirmed(id, false);
    }
    const bool is_renamed = !is_removed && hostname != before;
    if (!is_own && (is_removed || is_renamed) && !before.empty()) shared_->hostnames.erase(before);
    if (!is_own && is_renamed) {
      shared_->hostnames.insert(hostname);
      shared_->waiting.remove(hostname);
    }
    if (!is_own && registry_ && !before.empty()) {
      self_->send(registry_, ChangedElsewhere{before, is_removed || is_renamed ? 0 : write.version, write.session});
    }
    if (is_removed) hostname_of_.erase(id);
  }
}

} // namespace nvrhub::actors
