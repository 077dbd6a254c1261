#pragma once

#include <cstdint>

#include "actors/view.hpp"

namespace nvrhub::actors {

/// The counts of what a view matches, kept from event to event. Their start is counted elsewhere, while changes
/// already gather here.
class Census {
public:
  /// From now on the changes count; begins again.
  void begin() { *this = {}; }
  /// The counts at begin() are there.
  void start(const protocol::Summary& counted);
  bool is_ready() const { return ready_; }

  void add(const fleet::Filter& filter, const Item& item);
  /// An NVR stopped being unconfirmed without an event.
  void confirm(const fleet::Filter& filter, const fleet::Nvr& nvr, const fleet::Facts& facts);

  /// Since the last take(). False until it is ready.
  bool has_changed() const { return ready_ && changed_; }
  const protocol::Summary& take() {
    changed_ = false;
    return sum_;
  }
  const protocol::Summary& current() const { return sum_; }

private:
  protocol::Summary sum_; // before start(), only what changed: unsigned sums wrap
  bool ready_ = false;
  bool changed_ = true;
};

/// Takes an NVR into the counts, or out of them (`weight` 1, or its negation).
void add(protocol::Summary& sum, const fleet::Facts& facts, bool unconfirmed, std::uint64_t weight);

} // namespace nvrhub::actors
