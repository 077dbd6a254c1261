#pragma once

#include <chrono>
#include <optional>

namespace nvrhub::actors {

/// The time that NVRs have to come back before they go offline. Time during which the server did not run does not
/// count: no NVR could come back meanwhile (protocol.md, "Times").
class GracePeriod {
public:
  using Clock = std::chrono::steady_clock;

  GracePeriod() = default;
  /// `paused`: Shared::paused now.
  GracePeriod(std::chrono::milliseconds length, Clock::time_point now, std::chrono::milliseconds paused)
      : length_(length), end_(now + length), paused_(paused) {}

  std::chrono::milliseconds length() const { return length_; }
  /// REQUIRES: the period's timer has expired. Returns the period by which it is to be extended; nullopt: it is over.
  std::optional<GracePeriod> extension(Clock::time_point now, std::chrono::milliseconds paused) const;

private:
  std::chrono::milliseconds length_{0};
  Clock::time_point end_{};
  std::chrono::milliseconds paused_{0};
};

} // namespace nvrhub::actors
