// The messages that the fanout receives, and when it publishes.
#include "actors/fanout/fanout_actor.hpp"

#include <algorithm>
#include <utility>

#include <caf/actor_system.hpp>
#include <caf/send.hpp>

#include "protocol/encode/encode.hpp"

namespace nvrhub::actors {

void FanoutState::init(Self self, SharedPtr shared, std::shared_ptr<const store::Store> store,
                       std::shared_ptr<Publisher> publisher, store::Epoch epoch, const fleet::IdSet& unconfirmed) {
  self_ = self;
  shared_ = std::move(shared);
  store_ = std::move(store);
  publisher_ = std::move(publisher);
  epoch_ = std::move(epoch);
  head_ = unconfirmed_changed_ = shared_->head;
  unconfirmed_ = std::make_shared<fleet::IdSet>(unconfirmed);
}

FanoutState::TimePoint FanoutState::time() const {
  return self_->home_system().clock().now();
}

// ---- messages ----

void FanoutState::on(const Committed& message) {
  std::vector<std::string> feed;
  for (const fleet::Event& event : *message.events) {
    head_ = event.seq;
    if (fleet::is_status_change(event)) feed.push_back(protocol::encode_feed(event));
    const bool was_unconfirmed = unconfirmed_->contains(event.nvr_id);
    if (!groups_.empty()) {
      const auto encoded = std::make_shared<const EncodedEventCache>(
          std::shared_ptr<const fleet::Event>(message.events, &event), was_unconfirmed);
      for (auto& [spec, group] : groups_)
        spec.summary ? group.aggregator.add(spec.filter, *encoded) : group.batcher.add(encoded);
    }
    if (was_unconfirmed && !event.after.online) {
      unconfirmed().erase(event.nvr_id);
      unconfirmed_changed_ = head_;
    }
  }
  if (!feed.empty()) publications_.push_back({legacy_feed, publisher_->make_chunk(feed)});
  publish_site_feeds(*message.events);
  if (snapshot_point_) try_serve_snapshot_point();
  if (!snapshot_point_) flush_soon();
  publish();
  const auto took = std::chrono::steady_clock::now() - message.at;
  shared_->counters.local().fanout_us.observe(
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(took).count()));
}

void FanoutState::on(const Subscribe& message) {
  SubscriptionGroup& group = group_of({message.request->filter, message.request->detail, message.request->summary,
                                       message.request->alerts && !message.request->summary});
  ++group.size;
  if (message.request->summary) {
    subscribe_summary(group, message);
  } else if (group.building && !message.request->since) {
    shared_->counters.local().snapshots.add();
    send_joined(group, message.handle, group.building_seq, false, group.building, group.backlog);
  } else {
    pending_subscriptions_.push_back({group.stream, message, time()});
    request_snapshot();
  }
  publish();
}

void FanoutState::subscribe_summary(SubscriptionGroup& group, const Subscribe& message) {
  if (group.aggregator.is_ready()) {
    protocol::Summary summary = group.aggregator.current();
    summary.seq = head_;
    return send_joined(group, message.handle, head_, false, nullptr, {}, protocol::encode(summary));
  }
  group.count_waiters.push_back(message.handle);
  if (group.count != SubscriptionGroup::Count::none) return;
  group.count = SubscriptionGroup::Count::requested;
  request_snapshot();
}

void FanoutState::on(const FollowSites& message) {
  SiteFeed& feed = site_feeds_[message.sites];
  if (feed.size++ == 0) feed.stream = next_stream_++;
  publish(); // earlier publications are not for the new follower
  message.handle->joined({feed.stream, nullptr, nullptr, {}});
}

void FanoutState::on(const Unfollow& message) {
  const auto left = std::find_if(site_feeds_.begin(), site_feeds_.end(),
                                 [&](const auto& entry) { return entry.second.stream == message.stream; });
  if (left != site_feeds_.end()) {
    if (--left->second.size == 0) site_feeds_.erase(left);
    return;
  }
  SubscriptionGroup* group = find(message.stream);
  if (group == nullptr || --group->size > 0) return;
  by_stream_.erase(message.stream);
  groups_.erase(SubscriptionSpec(group->batcher.spec()));
}

void FanoutState::on(const PagesBuilt& message) {
  SubscriptionGroup* group = find(message.stream);
  if (group == nullptr) return;
  group->building.reset();
  group->backlog.clear();
}

void FanoutState::on(const SummaryCounted& message) {
  SubscriptionGroup* group = find(message.stream);
  if (group == nullptr) return;
  if (!message.summary) { // the store is being reopened
    group->count = SubscriptionGroup::Count::requested;
    return wake_at(time() + summary_interval);
  }
  group->count = SubscriptionGroup::Count::none;
  group->aggregator.start(*message.summary);
  protocol::Summary summary = group->aggregator.take();
  summary.seq = head_;
  group->published_at = time();
  for (const DashboardHandlePtr& handle : std::exchange(group->count_waiters, {}))
    send_joined(*group, handle, head_, false, nullptr, {}, protocol::encode(summary));
}

void FanoutState::on(const NvrsUnconfirmed& message) {
  if (groups_.empty()) { // a dashboard that subscribes gets a snapshot
    for (const fleet::NvrId id : *message.ids)
      if (shared_->presence.unconfirmed(id)) unconfirmed().insert(id);
    unconfirmed_changed_ = head_;
    return;
  }
  held_by_lost_.insert(held_by_lost_.end(), message.ids->begin(), message.ids->end());
  if (!snapshot_point_) flush_soon();
  publish();
}

void FanoutState::on(const FlushBatches& message) {
  if (wake_ && *wake_ <= message.at) wake_.reset();
  const bool count_requested = std::any_of(groups_.begin(), groups_.end(), [](const auto& entry) {
    return entry.second.count == SubscriptionGroup::Count::requested;
  });
  if (snapshot_point_ && time() - snapshot_point_->created >= snapshot_point_lifetime) snapshot_point_.reset();
  if (!snapshot_point_ && (count_requested || !pending_subscriptions_.empty())) request_snapshot();
  if (!snapshot_point_) flush_soon();
  publish();
}

// ---- timing ----

void FanoutState::flush_soon() {
  if (groups_.empty() || flush_position_) return;
  const TimePoint now = time();
  if (now - last_flush_ >= batch_interval - batch_shift()) {
    flush();
  } else {
    wake_at(last_flush_ + batch_interval + batch_shift());
  }
}

std::chrono::milliseconds FanoutState::batch_shift() const {
  return std::min(shared_->settings.commit_interval / 2, max_batch_shift);
}

void FanoutState::wake_at(TimePoint at) {
  if (wake_ && *wake_ <= at) return;
  wake_ = at;
  self_->delayed_send(self_, std::max(at - time(), TimePoint::duration::zero()), FlushBatches{at});
}

/// Publishes to every subscription group what it has not received, a few groups at a time. Groups that need the fleet's
/// state wait for a snapshot point.
void FanoutState::flush() {
  if (groups_.empty() || flush_position_) return;
  last_flush_ = time();
  collect_confirmed();
  flush_needs_snapshot_ = !confirmed_.empty() || !held_by_lost_.empty();
  flush_began_at_ = head_;
  flush_position_ = legacy_feed;
  on(ContinueFlush{});
}

void FanoutState::on(const ContinueFlush&) {
  auto next = by_stream_.upper_bound(*flush_position_);
  for (std::size_t published = 0; next != by_stream_.end() && published < groups_per_message; ++published, ++next) {
    publish_due(*next->second);
    flush_position_ = next->first;
  }
  if (next != by_stream_.end()) {
    caf::anon_send(FanoutActor{self_}, ContinueFlush{});
  } else {
    flush_position_.reset();
    if (flush_needs_snapshot_) request_snapshot();
    if (!unconfirmed_->empty() || !held_by_lost_.empty() || head_ > flush_began_at_)
      wake_at(last_flush_ + batch_interval + batch_shift());
  }
  publish();
}

void FanoutState::publish_due(SubscriptionGroup& group) {
  if (group.batcher.spec().summary) {
    publish_summary(group);
  } else if (group.batcher.needs_snapshot()) {
    flush_needs_snapshot_ = true;
  } else if (group.batcher.has_events()) {
    publish_batch(group, fleet_view(nullptr));
  } else if (group.batcher.covered() < head_) { // only `to` moves on
    const TimePoint due = group.published_at + empty_batch_interval;
    if (last_flush_ < due) return wake_at(due);
    publish_batch(group, fleet_view(nullptr));
  }
}

// ---- state ----

FanoutState::SubscriptionGroup& FanoutState::group_of(const SubscriptionSpec& spec) {
  const auto [at, is_new] = groups_.try_emplace(spec, next_stream_, spec, head_);
  if (is_new) by_stream_[next_stream_++] = &at->second;
  return at->second;
}

FanoutState::SubscriptionGroup* FanoutState::find(StreamId stream) {
  const auto at = by_stream_.find(stream);
  return at == by_stream_.end() ? nullptr : at->second;
}

void FanoutState::collect_confirmed() {
  // In a cluster NVRs become unconfirmed later, too.
  if (unconfirmed_->empty() && !shared_->settings.in_cluster) return;
  for (const fleet::NvrId id : shared_->presence.take_confirmed(Presence::Reader::fanout)) {
    if (unconfirmed_->contains(id)) confirmed_.push_back(id);
  }
}

fleet::IdSet& FanoutState::unconfirmed() {
  if (unconfirmed_.use_count() > 1) unconfirmed_ = std::make_shared<fleet::IdSet>(*unconfirmed_);
  return *unconfirmed_;
}

FanoutActor::behavior_type fanout(FanoutState::Self self, SharedPtr shared, std::shared_ptr<const store::Store> store,
                                  std::shared_ptr<Publisher> publisher, store::Epoch epoch, fleet::IdSet unconfirmed) {
  self->state.init(self, std::move(shared), std::move(store), std::move(publisher), std::move(epoch), unconfirmed);
  return {
      [=](const Committed& message) { self->state.on(message); },
      [=](const Subscribe& message) { self->state.on(message); },
      [=](const FollowSites& message) { self->state.on(message); },
      [=](const Unfollow& message) { self->state.on(message); },
      [=](const FlushBatches& message) { self->state.on(message); },
      [=](const ContinueFlush& message) { self->state.on(message); },
      [=](const PagesBuilt& message) { self->state.on(message); },
      [=](const SummaryCounted& message) { self->state.on(message); },
      [=](const NvrsUnconfirmed& message) { self->state.on(message); },
  };
}

} // namespace nvrhub::actors
