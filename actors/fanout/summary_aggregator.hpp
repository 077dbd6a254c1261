#pragma once

#include <cstdint>

#include "actors/fanout/event_batcher.hpp"

namespace nvrhub::actors {

/// The counts of what a subscription spec matches, updated event by event. The initial counts are computed on another
/// thread while changes already arrive here: begin(), then add() and set_unconfirmed(), then start().
class SummaryAggregator {
public:
  /// Resets; counts changes from here on.
  void begin() { *this = {}; }
  /// `counted`: the counts at begin().
  void start(const protocol::Summary& counted);
  bool is_ready() const { return ready_; }

  void add(const fleet::Filter& filter, const EncodedEventCache& encoded);
  /// An NVR became unconfirmed, or stopped being so, without an event.
  void set_unconfirmed(const fleet::Filter& filter, const fleet::Nvr& nvr, const fleet::NvrSummary& nvr_summary,
                       bool unconfirmed);

  /// Changed since the last take(). False before start().
  bool has_changed() const { return ready_ && changed_; }
  const protocol::Summary& take() {
    changed_ = false;
    return sum_;
  }
  const protocol::Summary& current() const { return sum_; }

private:
  protocol::Summary sum_; // before start(), only the changes: unsigned sums wrap around
  bool ready_ = false;
  bool changed_ = true;
};

/// Adds an NVR to the counts (`weight` 1), or removes it (the negation of 1).
void add_to_summary(protocol::Summary& sum, const fleet::NvrSummary& nvr_summary, bool unconfirmed,
                    std::uint64_t weight);

} // namespace nvrhub::actors
