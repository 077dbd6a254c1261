#include "actors/view.hpp"

#include <algorithm>
#include <utility>

#include "fleet/selection.hpp"
#include "protocol/encode.hpp"
#include "protocol/tell.hpp"

namespace nvrhub::actors {

std::string_view Item::text(protocol::Detail detail) const {
  std::optional<std::string>& text = texts_[static_cast<std::size_t>(detail)];
  if (!text) text = protocol::encode_event(*event_, detail);
  return *text;
}

std::string nvr_text(const Now& now, fleet::NvrId id, protocol::Detail detail) {
  if (now.state == nullptr) return {};
  auto nvr = now.state->nvr(id);
  if (!nvr || !*nvr) return {};
  (*nvr)->last_seen = std::max((*nvr)->last_seen, now.presence.last_seen(id));
  return protocol::encode_nvr(**nvr, (*nvr)->online && now.unconfirmed.contains(id), detail);
}

void View::add(const ItemPtr& item) {
  const fleet::Filter& filter = spec_.filter;
  const bool concerns = filter.is_everything() ? !item->text(spec_.detail).empty()
                                               : filter.matched_before(item->event(), item->unconfirmed_before()) ||
                                                     filter.matches_after(item->event(), item->unconfirmed_after());
  if (concerns) news_.push_back(item);
}

bool View::needs_state() const {
  if (spec_.filter.is_everything()) return false;
  fleet::Selection selection(spec_.filter);
  for (const ItemPtr& item : news_)
    selection.add(item->event(), item->unconfirmed_before(), item->unconfirmed_after());
  bool needed = false;
  selection.each_entering([&needed](fleet::NvrId) { needed = true; });
  return needed;
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
    messages = take_selected(to, now);
  }
  news_.clear();
  covered_ = to;
  return messages;
}

std::vector<std::string> View::take_selected(fleet::Seq to, const Now& now) const {
  fleet::Selection selection(spec_.filter);
  for (const ItemPtr& item : news_)
    selection.add(item->event(), item->unconfirmed_before(), item->unconfirmed_after());
  protocol::Teller teller(selection, [&](fleet::NvrId id) { return nvr_text(now, id, spec_.detail); });
  for (const ItemPtr& item : news_)
    teller.add(item->event(), item->text(spec_.detail));
  return protocol::encode_batches(covered_ + 1, to, teller.told());
}

} // namespace nvrhub::actors
