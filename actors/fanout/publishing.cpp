// What the fanout sends to the dashboards.
#include "actors/fanout/fanout_actor.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "protocol/encode/encode.hpp"

namespace nvrhub::actors {

void FanoutState::send_joined(SubscriptionGroup& group, const DashboardHandlePtr& handle, fleet::Seq seq,
                              bool recovered, InitialPagesPtr initial_pages, std::vector<Chunk> backlog,
                              const std::optional<std::string>& summary) {
  publish(); // earlier publications are not for the new follower
  std::vector<std::string> messages{protocol::encode_subscribed(epoch_, seq, recovered)};
  if (summary) messages.push_back(*summary);
  handle->joined({group.stream, publisher_->make_chunk(messages), std::move(initial_pages), std::move(backlog)});
}

void FanoutState::publish_batch(SubscriptionGroup& group, const FleetView& view) {
  enqueue(group, group.batcher.take(head_, view));
  group.published_at = time();
}

void FanoutState::publish_summary(SubscriptionGroup& group) {
  if (!group.aggregator.has_changed()) return;
  const TimePoint next = group.published_at + summary_interval;
  if (time() < next) return wake_at(next);
  protocol::Summary summary = group.aggregator.take();
  summary.seq = head_;
  group.published_at = time();
  enqueue(group, std::vector{protocol::encode(summary)});
}

/// In place of the event that would cause an `entered` or `left`: it bears the last seq.
fleet::Event FanoutState::no_event(const fleet::Nvr& nvr) const {
  fleet::Event none;
  none.seq = head_;
  none.at = shared_->now();
  none.nvr_id = nvr.id;
  none.hostname = nvr.hostname;
  return none;
}

/// An NVR that returns after a server restart without any change causes no event.
void FanoutState::publish_confirmed(const store::Snapshot& snapshot) {
  if (confirmed_.empty()) return;
  std::vector<std::pair<fleet::Nvr, fleet::NvrSummary>> returned;
  for (const fleet::NvrId id : std::exchange(confirmed_, {})) {
    if (!unconfirmed_->contains(id)) continue; // has gone offline since, with an event
    unconfirmed().erase(id);
    if (auto found = snapshot.nvr_summary(id); found && *found) returned.push_back(std::move(**found));
  }
  unconfirmed_changed_ = head_;
  for (auto& [spec, group] : groups_) {
    std::vector<fleet::NvrId> ids;
    std::vector<std::string> left_messages;
    for (const auto& [nvr, nvr_summary] : returned) {
      if (spec.summary) {
        group.aggregator.set_unconfirmed(spec.filter, nvr, nvr_summary, false);
      } else if (spec.filter.matches(nvr.hostname, nvr.site, nvr_summary, false)) {
        ids.push_back(nvr.id);
      } else if (spec.filter.matches(nvr.hostname, nvr.site, nvr_summary, true)) {
        left_messages.push_back(protocol::encode_left(no_event(nvr)));
      }
    }
    if (!left_messages.empty()) enqueue(group, std::array{protocol::encode_batch_of_none(head_, left_messages)});
    if (!ids.empty() && spec.detail == protocol::Detail::counts)
      enqueue(group, std::array{protocol::encode_confirmed(ids)});
  }
}

/// In a cluster: the NVRs of a lost server that are not back yet. They replace what dashboards have of them.
void FanoutState::publish_unconfirmed(const store::Snapshot& snapshot) {
  std::vector<std::pair<fleet::Nvr, fleet::NvrSummary>> found;
  for (std::size_t i = 0; i < unconfirmed_per_flush && !held_by_lost_.empty(); ++i) {
    const fleet::NvrId id = held_by_lost_.front();
    held_by_lost_.pop_front();
    if (unconfirmed_->contains(id) || !shared_->presence.unconfirmed(id)) continue;
    auto nvr = snapshot.nvr_summary(id);
    if (!nvr || !*nvr || !(*nvr)->first.online) continue;
    unconfirmed().insert(id);
    found.push_back(std::move(**nvr));
  }
  if (found.empty()) return;
  unconfirmed_changed_ = head_;
  for (auto& [spec, group] : groups_) {
    std::vector<std::string> entered;
    for (const auto& [nvr, nvr_summary] : found) {
      if (spec.summary) {
        group.aggregator.set_unconfirmed(spec.filter, nvr, nvr_summary, true);
      } else if (shows_unconfirmed(spec.filter, spec.detail) &&
                 spec.filter.matches(nvr.hostname, nvr.site, nvr_summary, true)) {
        const std::string text = nvr_text(fleet_view(&snapshot), nvr.id, head_, spec.detail);
        if (!text.empty()) entered.push_back(protocol::encode_entered(no_event(nvr), text));
      }
    }
    if (!entered.empty()) enqueue(group, std::array{protocol::encode_batch_of_none(head_, entered)});
  }
}

void FanoutState::enqueue(SubscriptionGroup& group, std::span<const std::string> messages) {
  for (const std::string& message : messages) {
    Chunk chunk = publisher_->make_chunk({&message, 1});
    if (group.building) group.backlog.push_back(chunk);
    publications_.push_back({group.stream, std::move(chunk)});
  }
}

void FanoutState::publish_site_feeds(const std::vector<fleet::Event>& events) {
  for (const auto& [sites, feed] : site_feeds_) {
    std::vector<std::string> messages;
    for (const fleet::Event& event : events) {
      if (fleet::is_status_change(event) && std::binary_search(sites.begin(), sites.end(), event.site)) {
        messages.push_back(protocol::encode_feed(event));
      }
    }
    if (!messages.empty()) publications_.push_back({feed.stream, publisher_->make_chunk(messages)});
  }
}

void FanoutState::publish() {
  if (!publications_.empty()) publisher_->publish(std::exchange(publications_, {}));
}

} // namespace nvrhub::actors
