#pragma once

#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fleet/selection.hpp"
#include "protocol/encode/encode.hpp"

namespace nvrhub::protocol {

/// Encodes the part of a run of events that a selection shows: unchanged, as `entered` or as `left`.
class FilteredEventEncoder {
public:
  /// `nvr_text(id)` returns the NVR at the end of the run as JSON. REQUIRES: `selection` has all events of the run, and
  /// outlives this.
  FilteredEventEncoder(const fleet::Selection& selection, std::function<std::string(fleet::NvrId)> nvr_text)
      : selection_(selection), nvr_text_(std::move(nvr_text)) {}

  /// `text` is the event at the requested detail, or empty. REQUIRES: it outlives this.
  void add(const fleet::Event& event, std::string_view text);
  const std::vector<EncodedEvent>& events() const { return events_; }

private:
  void append(fleet::Seq seq, std::string&& text);

  const fleet::Selection& selection_;
  std::function<std::string(fleet::NvrId)> nvr_text_;
  std::vector<EncodedEvent> events_;
  std::deque<std::string> own_; // the texts that were made here
};

} // namespace nvrhub::protocol
