#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "fleet/event.hpp"

namespace nvrhub::fleet {

/// From `from` until just before `to`.
struct Span {
  WallMillis from = 0;
  WallMillis to = 0;

  friend bool operator==(const Span&, const Span&) = default;
};

/// A time in which an NVR or a camera was not online. `cause`: why its NVR fell, if it fell with it; `manual`;
/// otherwise its status; `never_online`; empty if the kept history does not tell.
struct Outage {
  WallMillis from = 0;
  WallMillis to = 0;
  std::string cause;

  friend bool operator==(const Outage&, const Outage&) = default;
};

/// Sums in milliseconds; together they are the whole range.
struct Availability {
  WallMillis online = 0;
  WallMillis offline = 0;
  WallMillis unobserved = 0;    // no server ran, or there was no such NVR or camera
  std::deque<Outage> outages{}; // in order; the newest `most_outages`
  std::deque<Span> observed{};  // when it was watched, in order, apart; the newest `most_outages`
  std::uint64_t left_out = 0;   // older outages, which the sums still hold

  static constexpr std::size_t most_outages = 10'000;

  /// online ÷ (online + offline); nothing if neither.
  std::optional<double> share() const;
};

/// Measures how long an NVR, or one camera of it, was online within a range, from the NVR's events.
class AvailabilityMeter {
public:
  /// What holds where the range begins.
  struct Beginning {
    std::optional<Nvr> nvr;     // nothing: there is none yet, or no longer
    std::string nvr_cause;      // of its last offline, if there was one; `never_online`; empty: not known
    std::string camera_cause{}; // if the camera reads nvr_unreachable: of the offline with which it fell
  };

  /// Of the range, only what lies in `observed` (ordered, apart) counts. Without `camera`: the NVR itself.
  AvailabilityMeter(const Span& range, std::vector<Span> observed, std::optional<std::string> camera,
                    Beginning beginning);

  /// The next event of the NVR, in order; none before the range begins.
  void take(const Event& event);
  Availability finish() &&;

private:
  struct Condition {
    bool there = false;
    bool online = false;
    std::string cause; // of not being online

    friend bool operator==(const Condition&, const Condition&) = default;
  };

  const Camera* camera() const;
  Condition condition(const std::string& fell_with) const;
  void cut_down();
  void account(WallMillis to);
  void add_outage(const Span& span);
  void add_observed(const Span& span);

  Span range_;
  std::vector<Span> observed_;
  std::optional<std::string> name_; // of the camera
  std::optional<Nvr> nvr_;          // with that camera alone, or without any
  std::string nvr_cause_;
  Condition now_;
  WallMillis accounted_;      // up to here
  std::size_t observing_ = 0; // the first of observed_ that may reach beyond accounted_
  Availability sums_;
};

} // namespace nvrhub::fleet
