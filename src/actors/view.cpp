#include "actors/view.hpp"

#include <algorithm>
#include <utility>

#include "fleet/selection.hpp"
#include "protocol/encode.hpp"
#include "protocol/tell.hpp"
#include "store/history.hpp"

namespace nvrhub::actors {

std::string_view Item::text(protocol::Detail detail) const {
  std::optional<std::string>& text = texts_[static_cast<std::size_t>(detail)];
  if (!text) { // at `camera` an event reads as in the history
    text = protocol::encode_event(*event_, detail, unconfirmed_ && detail == protocol::Detail::counts);
  }
  return *text;
}

std::string nvr_text(const Now& now, fleet::NvrId id, fleet::Seq seq, protocol::Detail detail) {
  if (now.state == nullptr) return {};
  auto nvr = store::History(*now.state).nvr_at(id, seq);
  if (!nvr || !*nvr) return {};
  (*nvr)->last_seen = now.presence.last_seen(id);
  return protocol::encode_nvr(**nvr, (*nvr)->online && now.unconfirmed.contains(id), detail);
}

std::size_t most_bytes(const fleet::Event& event, std::string_view text, protocol::Detail detail) {
  const fleet::Facts& after = event.after;
  const std::size_t cameras = after.cameras_online + after.cameras_offline + after.cameras_other;
  return std::max(text.size(), 320 + (detail == protocol::Detail::camera ? cameras * 144 : 0));
}

void View::add(const ItemPtr& item) {
  const fleet::Filter& filter = spec_.filter;
  const fleet::Event& event = item->event();
  if (filter.is_everything()) {
    if (!item->text(spec_.detail).empty()) news_.push_back(item);
  } else if (filter.matched_before(event, item->unconfirmed_before()) ||
             filter.matches_after(event, item->unconfirmed_after())) {
    touched_.insert(event.nvr_id);
    news_.push_back(item);
  } else if (touched_.contains(event.nvr_id)) { // it may match again before they are told
    news_.push_back(item);
  }
}

bool View::needs_state() const {
  return !spec_.filter.is_everything() && std::any_of(news_.begin(), news_.end(), [this](const ItemPtr& item) {
    return item->event().before.there && !spec_.filter.matched_before(item->event(), item->unconfirmed_before());
  });
}

std::vector<std::string> View::take(fleet::Seq to, const Now& now) {
  std::vector<std::string> messages;
  if (spec_.filter.is_everything()) {
    std::vector<protocol::Told> told;
    told.reserve(news_.size());
    for (const ItemPtr& item : news_)
      told.push_back({item->event().seq, item->text(spec_.detail)});
    messages = protocol::encode_batches(covered_ + 1, to, told);
  } else {
    messages = take_runs(to, now);
  }
  news_.clear();
  touched_.clear();
  covered_ = to;
  return messages;
}

std::vector<std::string> View::take_runs(fleet::Seq to, const Now& now) {
  std::vector<std::string> messages;
  std::span<const ItemPtr> left(news_);
  do {
    std::size_t count = 0;
    for (std::size_t bytes = 0; count < left.size() && bytes < run_bytes; ++count)
      bytes += most_bytes(left[count]->event(), left[count]->text(spec_.detail), spec_.detail);
    const fleet::Seq end = count == left.size() ? to : left[count - 1]->event().seq;
    messages.push_back(tell_run(left.first(count), end, now));
    covered_ = end;
    left = left.subspan(count);
  } while (!left.empty());
  return messages;
}

std::string View::tell_run(std::span<const ItemPtr> run, fleet::Seq end, const Now& now) const {
  fleet::Selection selection(spec_.filter);
  for (const ItemPtr& item : run)
    selection.add(item->event(), item->unconfirmed_before(), item->unconfirmed_after());
  protocol::Teller teller(selection, [&](fleet::NvrId id) { return nvr_text(now, id, end, spec_.detail); });
  for (const ItemPtr& item : run)
    teller.add(item->event(), item->text(spec_.detail));
  return protocol::encode_batch(covered_ + 1, end, teller.told());
}

} // namespace nvrhub::actors
