#include "actors/fanout/event_batcher.hpp"

#include <algorithm>
#include <utility>

#include "fleet/selection.hpp"
#include "protocol/encode/encode.hpp"
#include "protocol/encode/filtered_event_encoder.hpp"
#include "store/history/history.hpp"

namespace nvrhub::actors {

std::string_view EncodedEventCache::text(protocol::Detail detail) const {
  std::optional<std::string>& text = texts_[static_cast<std::size_t>(detail)];
  if (!text) { // at `camera` the text equals that of the history
    text = protocol::encode_event(*event_, detail, unconfirmed_ && detail == protocol::Detail::counts);
  }
  return *text;
}

std::string nvr_text(const FleetView& view, fleet::NvrId id, fleet::Seq seq, protocol::Detail detail) {
  if (view.snapshot == nullptr) return {};
  auto nvr = store::History(*view.snapshot).nvr_at(id, seq);
  if (!nvr || !*nvr) return {};
  (*nvr)->last_seen = view.presence.last_seen(id);
  return protocol::encode_nvr(**nvr, (*nvr)->online && view.unconfirmed.contains(id), detail);
}

std::size_t max_bytes(const fleet::Event& event, std::string_view text, protocol::Detail detail) {
  const fleet::NvrSummary& after = event.after;
  const std::size_t cameras = after.cameras_online + after.cameras_offline + after.cameras_other;
  return std::max(text.size(), 320 + (detail == protocol::Detail::camera ? cameras * 144 : 0));
}

void EventBatcher::add(const EncodedEventCachePtr& encoded) {
  const fleet::Filter& filter = spec_.filter;
  const fleet::Event& event = encoded->event();
  if (event.kind == fleet::Kind::alert) {
    if (spec_.shows_alert(event)) events_.push_back(encoded);
  } else if (filter.is_everything()) {
    if (!encoded->text(spec_.detail).empty()) events_.push_back(encoded);
  } else if (filter.matched_before(event, encoded->unconfirmed_before()) ||
             filter.matches_after(event, encoded->unconfirmed_after())) {
    affected_.insert(event.nvr_id);
    events_.push_back(encoded);
  } else if (affected_.contains(event.nvr_id)) { // it may match again before the batch ends
    events_.push_back(encoded);
  }
}

bool EventBatcher::needs_snapshot() const {
  return !spec_.filter.is_everything() &&
         std::any_of(events_.begin(), events_.end(), [this](const EncodedEventCachePtr& encoded) {
           return encoded->event().before.exists &&
                  !spec_.filter.matched_before(encoded->event(), encoded->unconfirmed_before());
         });
}

std::vector<std::string> EventBatcher::take(fleet::Seq to, const FleetView& view) {
  std::vector<std::string> messages;
  if (spec_.filter.is_everything()) {
    std::vector<protocol::EncodedEvent> batch;
    batch.reserve(events_.size());
    for (const EncodedEventCachePtr& encoded : events_)
      batch.push_back({encoded->event().seq, encoded->text(spec_.detail)});
    messages = protocol::encode_batches(covered_ + 1, to, batch);
  } else {
    messages = encode_runs(to, view);
  }
  events_.clear();
  affected_.clear();
  covered_ = to;
  return messages;
}

std::vector<std::string> EventBatcher::encode_runs(fleet::Seq to, const FleetView& view) {
  std::vector<std::string> messages;
  std::span<const EncodedEventCachePtr> remaining(events_);
  do {
    std::size_t count = 0;
    for (std::size_t bytes = 0; count < remaining.size() && bytes < run_bytes; ++count)
      bytes += max_bytes(remaining[count]->event(), remaining[count]->text(spec_.detail), spec_.detail);
    const fleet::Seq end = count == remaining.size() ? to : remaining[count - 1]->event().seq;
    messages.push_back(encode_run(remaining.first(count), end, view));
    covered_ = end;
    remaining = remaining.subspan(count);
  } while (!remaining.empty());
  return messages;
}

std::string EventBatcher::encode_run(std::span<const EncodedEventCachePtr> run, fleet::Seq end,
                                     const FleetView& view) const {
  fleet::Selection selection(spec_.filter);
  for (const EncodedEventCachePtr& encoded : run)
    selection.add(encoded->event(), encoded->unconfirmed_before(), encoded->unconfirmed_after());
  protocol::FilteredEventEncoder encoder(selection,
                                         [&](fleet::NvrId id) { return nvr_text(view, id, end, spec_.detail); });
  for (const EncodedEventCachePtr& encoded : run)
    encoder.add(encoded->event(), encoded->text(spec_.detail));
  return protocol::encode_batch(covered_ + 1, end, encoder.events());
}

} // namespace nvrhub::actors
