#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "fleet/event.hpp"

namespace nvrhub::fleet {

/// A range of time: `from` included, `to` excluded.
struct Span {
  WallMillis from = 0;
  WallMillis to = 0;

  friend bool operator==(const Span&, const Span&) = default;
};

/// A time in which an NVR or a camera was not online. `cause`: the cause of the NVR's offline, if that caused it;
/// `manual`; the camera's status; `never_online`; empty if the kept history does not contain it.
struct Outage {
  WallMillis from = 0;
  WallMillis to = 0;
  std::string cause;

  friend bool operator==(const Outage&, const Outage&) = default;
};

/// Sums in milliseconds; they add up to the whole range.
struct Availability {
  WallMillis online = 0;
  WallMillis offline = 0;
  WallMillis unobserved = 0;    // no server ran, or the NVR or camera did not exist
  std::deque<Outage> outages{}; // in order; the newest `max_outages`
  std::deque<Span> observed{};  // when it was observed, in order, disjoint; the newest `max_outages`
  std::uint64_t left_out = 0;   // older outages, which only the sums include

  static constexpr std::size_t max_outages = 10'000;

  /// online ÷ (online + offline); nothing if neither.
  std::optional<double> share() const;
};

/// Measures from an NVR's events how long it, or one of its cameras, was online within a range (protocol.md,
/// "Availability").
class AvailabilityMeter {
public:
  /// The state at the begin of the range.
  struct Beginning {
    std::optional<Nvr> nvr;     // nothing: it does not exist at that time
    std::string nvr_cause;      // of its last offline; `never_online`; empty: not known
    std::string camera_cause{}; // of the offline that made the camera nvr_unreachable
  };

  /// Only the parts of the range in `observed` (ordered, disjoint) count. Without `camera`: the NVR itself.
  AvailabilityMeter(const Span& range, std::vector<Span> observed, std::optional<std::string> camera,
                    Beginning beginning);

  /// The next event of the NVR. REQUIRES: in order, none before the range.
  void take(const Event& event);
  Availability finish() &&;

private:
  struct Condition {
    bool exists = false;
    bool online = false;
    std::string cause; // of not being online

    friend bool operator==(const Condition&, const Condition&) = default;
  };

  const Camera* camera() const;
  Condition condition(const std::string& fell_with) const;
  void drop_other_cameras();
  void account(WallMillis to);
  void add_outage(const Span& span);
  void add_observed(const Span& span);

  Span range_;
  std::vector<Span> observed_;
  std::optional<std::string> name_; // of the camera
  std::optional<Nvr> nvr_;          // with only that camera, or without any
  std::string nvr_cause_;
  Condition now_;
  WallMillis accounted_;      // up to here
  std::size_t observing_ = 0; // index of the first of observed_ that may end after accounted_
  Availability sums_;
};

} // namespace nvrhub::fleet
