#include "protocol/encode/filtered_event_encoder.hpp"

namespace nvrhub::protocol {

void FilteredEventEncoder::add(const fleet::Event& event, std::string_view text) {
  using FilterTransition = fleet::Selection::FilterTransition;
  if (event.kind == fleet::Kind::alert) { // selected by its subject, not by the state of an NVR
    if (!text.empty()) events_.push_back({event.seq, text});
    return;
  }
  switch (selection_.transition(event)) {
  case FilterTransition::hide:
    return;
  case FilterTransition::pass:
    if (!text.empty()) events_.push_back({event.seq, text});
    return;
  case FilterTransition::enter:
    if (const std::string nvr = nvr_text_(event.nvr_id); !nvr.empty()) append(event.seq, encode_entered(event, nvr));
    return;
  case FilterTransition::leave:
    return append(event.seq, encode_left(event));
  }
}

void FilteredEventEncoder::append(fleet::Seq seq, std::string&& text) {
  events_.push_back({seq, own_.emplace_back(std::move(text))});
}

} // namespace nvrhub::protocol
