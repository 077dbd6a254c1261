#include "protocol/tell.hpp"

namespace nvrhub::protocol {

void Teller::add(const fleet::Event& event, std::string_view text) {
  using Fate = fleet::Selection::Fate;
  switch (selection_.fate(event)) {
  case Fate::hide:
    return;
  case Fate::pass:
    if (!text.empty()) told_.push_back({event.seq, text});
    return;
  case Fate::enter:
    if (const std::string nvr = nvr_text_(event.nvr_id); !nvr.empty()) tell(event.seq, encode_entered(event, nvr));
    return;
  case Fate::leave:
    return tell(event.seq, encode_left(event));
  }
}

void Teller::tell(fleet::Seq seq, std::string&& text) {
  told_.push_back({seq, own_.emplace_back(std::move(text))});
}

} // namespace nvrhub::protocol
