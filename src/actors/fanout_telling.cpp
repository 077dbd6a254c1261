// What the fanout says to whom.
#include "actors/fanout.hpp"

#include <algorithm>
#include <utility>

#include "protocol/encode.hpp"

namespace nvrhub::actors {

void FanoutState::greet(Audience& audience, const DashboardOutletPtr& outlet, fleet::Seq seq, bool recovered,
                        PreludePtr prelude, std::vector<Chunk> backlog, const std::optional<std::string>& more) {
  publish(); // what was told before is not for the newcomer
  std::vector<std::string> greeting{protocol::encode_subscribed(epoch_, seq, recovered)};
  if (more) greeting.push_back(*more);
  outlet->joined({audience.stream, sink_->make_chunk(greeting), std::move(prelude), std::move(backlog)});
}

void FanoutState::tell(Audience& audience, const Now& at) {
  say(audience, audience.view.take(head_, at));
  audience.told_at = time();
}

void FanoutState::tell_summary(Audience& audience) {
  if (!audience.census.has_changed()) return;
  const TimePoint next = audience.told_at + summary_interval;
  if (time() < next) return wake_at(next);
  protocol::Summary summary = audience.census.take();
  summary.seq = head_;
  audience.told_at = time();
  say(audience, std::vector{protocol::encode(summary)});
}

/// Who came back after a server restart without any change stands in no event.
void FanoutState::tell_confirmed(const store::Snapshot& state) {
  if (confirmed_.empty()) return;
  std::vector<std::pair<fleet::Nvr, fleet::Facts>> outlines;
  for (const fleet::NvrId id : std::exchange(confirmed_, {})) {
    if (!unconfirmed_->contains(id)) continue; // has gone offline since: that event told of it
    unconfirmed().erase(id);
    if (auto outline = state.outline(id); outline && *outline) outlines.push_back(std::move(**outline));
  }
  unconfirmed_changed_ = head_;
  for (auto& [spec, audience] : audiences_) {
    std::vector<fleet::NvrId> ids;
    std::vector<std::string> lefts;
    for (const auto& [nvr, facts] : outlines) {
      if (spec.summary) {
        audience.census.confirm(spec.filter, nvr, facts);
      } else if (spec.filter.matches(nvr.hostname, nvr.site, facts, false)) {
        ids.push_back(nvr.id);
      } else if (spec.filter.matches(nvr.hostname, nvr.site, facts, true)) {
        fleet::Event none; // there is no event: it says so at the last one
        none.seq = head_;
        none.at = shared_->now();
        none.nvr_id = nvr.id;
        none.hostname = nvr.hostname;
        lefts.push_back(protocol::encode_left(none));
      }
    }
    std::vector<std::string> messages;
    if (!lefts.empty()) messages.push_back(protocol::encode_batch_of_none(head_, lefts));
    if (!ids.empty() && spec.detail == protocol::Detail::counts) messages.push_back(protocol::encode_confirmed(ids));
    if (!messages.empty()) say(audience, messages);
  }
}

void FanoutState::say(Audience& audience, std::span<const std::string> messages) {
  for (const std::string& message : messages) {
    Chunk chunk = sink_->make_chunk({&message, 1});
    if (audience.building) audience.since_building.push_back(chunk);
    publications_.push_back({audience.stream, std::move(chunk)});
  }
}

void FanoutState::tell_sites(const std::vector<fleet::Event>& events) {
  for (const auto& [sites, feed] : site_feeds_) {
    std::vector<std::string> messages;
    for (const fleet::Event& event : events) {
      if (fleet::is_status_change(event) && std::binary_search(sites.begin(), sites.end(), event.site)) {
        messages.push_back(protocol::encode_feed(event));
      }
    }
    if (!messages.empty()) publications_.push_back({feed.stream, sink_->make_chunk(messages)});
  }
}

void FanoutState::publish() {
  if (!publications_.empty()) sink_->publish(std::exchange(publications_, {}));
}

} // namespace nvrhub::actors
