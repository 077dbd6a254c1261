// The start of subscriptions, at a snapshot point: the state of the store at exactly the seq that has been published.
#include "actors/fanout/fanout_actor.hpp"

#include <utility>

#include <caf/send.hpp>

namespace nvrhub::actors {

void FanoutState::request_snapshot() {
  if (snapshot_point_) return;
  auto snapshot = store_->snapshot();
  const auto head = snapshot ? snapshot->head() : tl::make_unexpected(snapshot.error());
  const auto begin = snapshot ? snapshot->log_begin() : tl::make_unexpected(snapshot.error());
  if (!head || !begin) return wake_at(time() + summary_interval); // the store is being reopened
  snapshot_point_ = SnapshotPoint{std::make_shared<const store::Snapshot>(std::move(*snapshot)), *head, *begin, time()};
  try_serve_snapshot_point();
  if (snapshot_point_) wake_at(snapshot_point_->created + snapshot_point_lifetime);
}

void FanoutState::try_serve_snapshot_point() {
  if (head_ < snapshot_point_->seq) return; // those events are on their way
  const SnapshotPoint point = std::move(*snapshot_point_);
  snapshot_point_.reset();
  collect_confirmed();
  const auto bring_up_to_date = [&](SubscriptionGroup& group) {
    if (!group.batcher.spec().summary && group.batcher.covered() < head_)
      publish_batch(group, fleet_view(point.snapshot.get()));
  };
  for (auto& [spec, group] : groups_) {
    if (!confirmed_.empty() || !held_by_lost_.empty() || group.batcher.needs_snapshot()) bring_up_to_date(group);
  }
  for (const PendingSubscription& pending : pending_subscriptions_) {
    if (SubscriptionGroup* group = find(pending.stream)) bring_up_to_date(*group);
  }
  publish_confirmed(*point.snapshot);
  publish_unconfirmed(*point.snapshot);
  for (auto& [spec, group] : groups_) {
    if (spec.summary) publish_summary(group);
  }
  serve_pending(point);
  if (!unconfirmed_->empty() || !held_by_lost_.empty()) wake_at(last_flush_ + batch_interval);
}

/// Each snapshot that is served pins a read transaction of the store until its pages are built: their number is
/// limited.
void FanoutState::serve_pending(const SnapshotPoint& point) {
  std::erase_if(pinned_snapshots_, [](const auto& snapshot) { return snapshot.expired(); });
  if (pinned_snapshots_.size() >= max_pinned_snapshots) return wake_at(time() + batch_interval);
  pinned_snapshots_.push_back(point.snapshot);
  for (PendingSubscription& pending : std::exchange(pending_subscriptions_, {})) {
    SubscriptionGroup* group = find(pending.stream);
    if (group == nullptr) continue;
    if (is_ahead(pending, point)) {
      pending_subscriptions_.push_back(std::move(pending));
      wake_at(time() + batch_interval);
    } else {
      start_subscription(*group, pending.message, point);
    }
  }
  for (auto& [spec, group] : groups_) {
    if (group.count != SubscriptionGroup::Count::requested) continue;
    group.count = SubscriptionGroup::Count::running;
    group.aggregator.begin();
    publisher_->count(page_input(spec, point),
                      [fanout = FanoutActor{self_}, stream = group.stream](const auto& summary) {
                        caf::anon_send(fanout, SummaryCounted{stream, summary});
                      });
  }
}

void FanoutState::start_subscription(SubscriptionGroup& group, const Subscribe& message, const SnapshotPoint& point) {
  const SubscriptionSpec& spec = group.batcher.spec();
  if (can_recover(*message.request, point)) {
    shared_->counters.local().recoveries.add();
    const fleet::Seq since = message.request->since->seq;
    InitialPagesPtr missed = since < point.seq ? publisher_->make_catch_up(page_input(spec, point), since) : nullptr;
    return send_joined(group, message.handle, point.seq, true, std::move(missed), {});
  }
  shared_->counters.local().snapshots.add();
  if (!group.building) {
    group.building_seq = point.seq;
    group.building =
        publisher_->make_snapshot(page_input(spec, point), [fanout = FanoutActor{self_}, stream = group.stream] {
          caf::anon_send(fanout, PagesBuilt{stream});
        });
  }
  send_joined(group, message.handle, group.building_seq, false, group.building, group.backlog);
}

/// A snapshot would show it an older state than it has.
bool FanoutState::is_ahead(const PendingSubscription& pending, const SnapshotPoint& point) const {
  const auto& since = pending.message.request->since;
  return shared_->settings.in_cluster && since && since->epoch == epoch_ && since->seq > point.seq &&
         time() - pending.at < max_wait_for_position;
}

/// Changes of `unconfirmed` are not events: a dashboard that missed one needs a snapshot.
bool FanoutState::can_recover(const protocol::Subscribe& request, const SnapshotPoint& point) const {
  if (!request.since || request.since->epoch != epoch_) return false;
  const fleet::Seq since = request.since->seq;
  if (since > point.seq || since + 1 < point.log_begin) return false;
  return !shows_unconfirmed(request.filter, request.detail) || since > unconfirmed_changed_;
}

PageInput FanoutState::page_input(const SubscriptionSpec& spec, const SnapshotPoint& point) const {
  return {spec, point.snapshot, point.seq, unconfirmed_};
}

} // namespace nvrhub::actors
