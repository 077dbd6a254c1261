#pragma once

#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fleet/selection.hpp"
#include "protocol/encode.hpp"

namespace nvrhub::protocol {

/// Tells of a run of events what a selection lets through: as they are, `entered` or `left`.
class Teller {
public:
  /// `nvr_text(id)` gives the whole NVR at the end of the run, as JSON. `selection` has seen the whole run.
  Teller(const fleet::Selection& selection, std::function<std::string(fleet::NvrId)> nvr_text)
      : selection_(selection), nvr_text_(std::move(nvr_text)) {}

  /// `text` is the event at the detail wanted, or empty; it must outlive the Teller.
  void add(const fleet::Event& event, std::string_view text);
  const std::vector<Told>& told() const { return told_; }

private:
  void tell(fleet::Seq seq, std::string&& text);

  const fleet::Selection& selection_;
  std::function<std::string(fleet::NvrId)> nvr_text_;
  std::vector<Told> told_;
  std::deque<std::string> own_; // texts made here
};

} // namespace nvrhub::protocol
