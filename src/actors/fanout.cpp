// What comes to the fanout, and when it tells of it.
#include "actors/fanout.hpp"

#include <algorithm>
#include <utility>

#include <caf/actor_system.hpp>
#include <caf/send.hpp>

#include "protocol/encode.hpp"

namespace nvrhub::actors {

void FanoutState::init(Self self, SharedPtr shared, std::shared_ptr<const store::Store> store,
                       std::shared_ptr<FeedSink> sink, store::Epoch epoch, const fleet::IdSet& unconfirmed) {
  self_ = self;
  shared_ = std::move(shared);
  store_ = std::move(store);
  sink_ = std::move(sink);
  epoch_ = std::move(epoch);
  head_ = unconfirmed_changed_ = shared_->head;
  unconfirmed_ = std::make_shared<fleet::IdSet>(unconfirmed);
}

FanoutState::TimePoint FanoutState::time() const {
  return self_->home_system().clock().now();
}

// ---- what happens ----

void FanoutState::on(const Committed& message) {
  std::vector<std::string> feed;
  for (const fleet::Event& event : *message.events) {
    head_ = event.seq;
    if (fleet::is_status_change(event)) feed.push_back(protocol::encode_feed(event));
    const bool was_unconfirmed = unconfirmed_->contains(event.nvr_id);
    if (!audiences_.empty()) {
      const auto item =
          std::make_shared<const Item>(std::shared_ptr<const fleet::Event>(message.events, &event), was_unconfirmed);
      for (auto& [spec, audience] : audiences_)
        spec.summary ? audience.census.add(spec.filter, *item) : audience.view.add(item);
    }
    if (was_unconfirmed && !event.after.online) {
      unconfirmed().erase(event.nvr_id);
      unconfirmed_changed_ = head_;
    }
  }
  if (!feed.empty()) publications_.push_back({seed_feed, sink_->make_chunk(feed)});
  tell_sites(*message.events);
  if (cut_) try_cut();
  if (!cut_) flush_soon();
  publish();
  const auto took = std::chrono::steady_clock::now() - message.at;
  shared_->counters.mine().fanout_us.observe(
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(took).count()));
}

void FanoutState::on(const Subscribe& message) {
  Audience& audience = audience_of({message.what->filter, message.what->detail, message.what->summary});
  ++audience.size;
  if (message.what->summary) {
    subscribe_summary(audience, message);
  } else if (audience.building && !message.what->since) {
    shared_->counters.mine().snapshots.add();
    greet(audience, message.outlet, audience.building_seq, false, audience.building, audience.since_building);
  } else {
    waiting_.push_back({audience.stream, message});
    want_cut();
  }
  publish();
}

void FanoutState::subscribe_summary(Audience& audience, const Subscribe& message) {
  if (audience.census.is_ready()) {
    protocol::Summary summary = audience.census.current();
    summary.seq = head_;
    return greet(audience, message.outlet, head_, false, nullptr, {}, protocol::encode(summary));
  }
  audience.waiting_count.push_back(message.outlet);
  if (audience.count != Audience::Count::none) return;
  audience.count = Audience::Count::wanted;
  want_cut();
}

void FanoutState::on(const FollowSites& message) {
  SiteFeed& feed = site_feeds_[message.sites];
  if (feed.size++ == 0) feed.stream = next_stream_++;
  publish(); // what was told before is not for the newcomer
  message.outlet->joined({feed.stream, nullptr, nullptr, {}});
}

void FanoutState::on(const Leave& message) {
  const auto left = std::find_if(site_feeds_.begin(), site_feeds_.end(),
                                 [&](const auto& entry) { return entry.second.stream == message.stream; });
  if (left != site_feeds_.end()) {
    if (--left->second.size == 0) site_feeds_.erase(left);
    return;
  }
  Audience* audience = find(message.stream);
  if (audience == nullptr || --audience->size > 0) return;
  by_stream_.erase(message.stream);
  audiences_.erase(ViewSpec(audience->view.spec()));
}

void FanoutState::on(const Built& message) {
  Audience* audience = find(message.stream);
  if (audience == nullptr) return;
  audience->building.reset();
  audience->since_building.clear();
}

void FanoutState::on(const Counted& message) {
  Audience* audience = find(message.stream);
  if (audience == nullptr) return;
  if (!message.summary) { // the store is being opened again
    audience->count = Audience::Count::wanted;
    return wake_at(time() + summary_interval);
  }
  audience->count = Audience::Count::none;
  audience->census.start(*message.summary);
  protocol::Summary summary = audience->census.take();
  summary.seq = head_;
  audience->told_at = time();
  for (const DashboardOutletPtr& outlet : std::exchange(audience->waiting_count, {}))
    greet(*audience, outlet, head_, false, nullptr, {}, protocol::encode(summary));
}

void FanoutState::on(const Flush& message) {
  if (wake_ && *wake_ <= message.at) wake_.reset();
  const bool count_wanted = std::any_of(audiences_.begin(), audiences_.end(), [](const auto& entry) {
    return entry.second.count == Audience::Count::wanted;
  });
  if (cut_ && time() - cut_->taken >= cut_lifetime) cut_.reset();
  if (!cut_ && (count_wanted || !waiting_.empty())) want_cut();
  if (!cut_) flush();
  publish();
}

// ---- when ----

void FanoutState::flush_soon() {
  if (audiences_.empty() || told_up_to_) return;
  const TimePoint now = time();
  if (now - last_flush_ >= batch_interval) {
    flush();
  } else {
    wake_at(last_flush_ + batch_interval);
  }
}

void FanoutState::wake_at(TimePoint at) {
  if (wake_ && *wake_ <= at) return;
  wake_ = at;
  self_->delayed_send(self_, std::max(at - time(), TimePoint::duration::zero()), Flush{at});
}

/// Tells every audience what it has not heard yet, some at a time. Where that takes the fleet's state, after a cut.
void FanoutState::flush() {
  if (audiences_.empty() || told_up_to_) return;
  last_flush_ = time();
  gather_confirmed();
  flush_needs_state_ = !confirmed_.empty();
  flush_began_at_ = head_;
  told_up_to_ = seed_feed;
  on(TellMore{});
}

void FanoutState::on(const TellMore&) {
  auto next = by_stream_.upper_bound(*told_up_to_);
  for (std::size_t told = 0; next != by_stream_.end() && told < told_at_a_time; ++told, ++next) {
    tell_due(*next->second);
    told_up_to_ = next->first;
  }
  if (next != by_stream_.end()) {
    caf::anon_send(FanoutActor{self_}, TellMore{});
  } else {
    told_up_to_.reset();
    if (flush_needs_state_) want_cut();
    if (!unconfirmed_->empty() || head_ > flush_began_at_) wake_at(last_flush_ + batch_interval);
  }
  publish();
}

void FanoutState::tell_due(Audience& audience) {
  if (audience.view.spec().summary) {
    tell_summary(audience);
  } else if (audience.view.needs_state()) {
    flush_needs_state_ = true;
  } else if (audience.view.has_news()) {
    tell(audience, now(nullptr));
  } else if (audience.view.covered() < head_) { // only so that they know
    const TimePoint due = audience.told_at + empty_batch_interval;
    if (last_flush_ < due) return wake_at(due);
    tell(audience, now(nullptr));
  }
}

// ---- state ----

FanoutState::Audience& FanoutState::audience_of(const ViewSpec& spec) {
  const auto [at, is_new] = audiences_.try_emplace(spec, next_stream_, spec, head_);
  if (is_new) by_stream_[next_stream_++] = &at->second;
  return at->second;
}

FanoutState::Audience* FanoutState::find(StreamId stream) {
  const auto at = by_stream_.find(stream);
  return at == by_stream_.end() ? nullptr : at->second;
}

void FanoutState::gather_confirmed() {
  if (unconfirmed_->empty()) return;
  for (const fleet::NvrId id : shared_->presence.take_confirmed()) {
    if (unconfirmed_->contains(id)) confirmed_.push_back(id);
  }
}

fleet::IdSet& FanoutState::unconfirmed() {
  if (unconfirmed_.use_count() > 1) unconfirmed_ = std::make_shared<fleet::IdSet>(*unconfirmed_);
  return *unconfirmed_;
}

FanoutActor::behavior_type fanout(FanoutState::Self self, SharedPtr shared, std::shared_ptr<const store::Store> store,
                                  std::shared_ptr<FeedSink> sink, store::Epoch epoch, fleet::IdSet unconfirmed) {
  self->state.init(self, std::move(shared), std::move(store), std::move(sink), std::move(epoch), unconfirmed);
  return {
      [=](const Committed& message) { self->state.on(message); },
      [=](const Subscribe& message) { self->state.on(message); },
      [=](const FollowSites& message) { self->state.on(message); },
      [=](const Leave& message) { self->state.on(message); },
      [=](const Flush& message) { self->state.on(message); },
      [=](const TellMore& message) { self->state.on(message); },
      [=](const Built& message) { self->state.on(message); },
      [=](const Counted& message) { self->state.on(message); },
  };
}

} // namespace nvrhub::actors
