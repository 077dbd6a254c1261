#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "fleet/nvr.hpp"

namespace nvrhub::fleet {

/// What the machine's clocks showed at one instant, in nanoseconds.
struct ClockReading {
  std::int64_t wall_ns = 0;  // since 1970
  std::int64_t boot_ns = 0;  // CLOCK_BOOTTIME: monotonic, includes suspension
  bool synchronized = false; // the kernel says that a time service sets the wall clock
};

/// What a store knows of time (milliseconds since 1970; 0: nothing).
struct StoredTimes {
  WallMillis last = 0;    // of its last event or liveness record
  WallMillis vouched = 0; // ServerClock::vouched() when it was last written
};

/// The server's time: what events, `last_seen` and liveness records bear. The problem it solves: the wall clock of a
/// machine may be wrong by months for one boot (an empty battery, a wrong time server). History that was deleted by
/// such a clock is lost, and times in a store cannot go back.
///
///   fleet::ServerClock clock(stored, reading);       // at start; server time is never before stored.last
///   clock.observe(reading);                          // several times per second
///   const WallMillis now = clock.now(boot_ns);       // anywhere: monotonic time, plus an offset that observe()
///   corrects
///
/// A wall clock within `max_step` of the server time is followed: ahead at once; behind by letting the server time pass
/// at half speed until the clock has caught up. A larger difference is a leap. It is believed
///  - ahead: if the kernel says that the clock is synchronized, or if no plausible time is stored;
///  - back: if the kernel says so and it is at most `max_synchronized_leap_back`;
///  - either way: after confirm(), and if the clock is within `max_step` of vouched().
/// Otherwise the server time goes on with monotonic time (docs/internals/decisions/0030).
///
/// vouched() is the time by which history may be deleted. A leap, even a believed one, does not move it. It follows
/// monotonic time served, and reaches the server time after confirm() or `trial` of following a synchronized clock.
///
/// THREADS: one thread calls the functions that are not const; any thread the others.
class ServerClock {
public:
  static constexpr std::int64_t ms = 1'000'000; // in nanoseconds
  static constexpr std::int64_t max_step = 3'600'000 * ms;
  static constexpr std::int64_t max_synchronized_leap_back = 24 * max_step;
  static constexpr std::int64_t trial = 7 * 24 * max_step;
  /// 2024-01-01: before this program existed. No clock that shows less is right.
  static constexpr WallMillis earliest = 1'704'067'200'000;

  ServerClock(const StoredTimes& stored, const ClockReading& reading);

  void observe(const ClockReading& reading);
  /// The operator says that the wall clock is right.
  void confirm(const ClockReading& reading);

  /// A leap, as the log should say it.
  enum class Leap : std::uint8_t {
    held,     // the wall clock leaped and is not believed
    believed, // it leaped and is believed
    returned, // it was not believed, and is within `max_step` again
  };
  struct Event {
    Leap leap = Leap::held;
    WallMillis wall = 0;
    WallMillis server = 0; // the server time before it
  };
  /// The last leap since the last call.
  std::optional<Event> take_event();

  /// The server time. Never decreases between calls that are ordered, except for `boot_ns` read earlier.
  WallMillis now(std::int64_t boot_ns) const { return time_at(boot_ns) / ms; }
  /// See above. 0: unknown, nothing may be deleted.
  WallMillis vouched() const { return vouched_ms_.load(std::memory_order_relaxed); }
  /// False: the wall clock is not believed.
  bool is_trusted() const { return trusted_.load(std::memory_order_relaxed); }
  /// Wall clock minus server time at the last observe().
  WallMillis offset() const { return offset_ms_.load(std::memory_order_relaxed); }
  /// Server time minus vouched() at the last observe().
  WallMillis retention_lag() const { return lag_ms_.load(std::memory_order_relaxed); }

private:
  /// How server time follows from monotonic time: boot + offset, minus half of the time since `slew_from` up to `slew`.
  struct Line {
    std::int64_t offset = 0;
    std::int64_t slew_from = 0;
    std::int64_t slew = 0;

    std::int64_t slewed(std::int64_t boot) const {
      const std::int64_t half = (boot - slew_from) / 2;
      return half < 0 ? 0 : half < slew ? half : slew;
    }
    std::int64_t at(std::int64_t boot) const { return boot + offset - slewed(boot); }
  };

  std::int64_t time_at(std::int64_t boot) const;
  void set(const Line& line);
  void continue_from(std::int64_t time, std::int64_t boot, std::int64_t slew = 0);
  void follow(const ClockReading& reading, std::int64_t difference);
  void leap_ahead(const ClockReading& reading, std::int64_t difference);
  void leap_back(const ClockReading& reading, std::int64_t difference);
  void hold(const ClockReading& reading);
  void extend_vouched(const ClockReading& reading);
  void report(Leap leap, const ClockReading& reading);
  bool is_near_vouched(const ClockReading& reading) const;

  // A sequence lock: odd while the line is being replaced.
  std::atomic<std::uint64_t> version_{0};
  std::atomic<std::int64_t> offset_{0};
  std::atomic<std::int64_t> slew_from_{0};
  std::atomic<std::int64_t> slew_{0};

  std::atomic<bool> trusted_{true};
  std::atomic<WallMillis> offset_ms_{0};
  std::atomic<WallMillis> vouched_ms_{0};
  std::atomic<WallMillis> lag_ms_{0};

  // Used by the observing thread only.
  Line line_;
  std::int64_t observed_ = 0;               // monotonic time of the last observation
  std::int64_t vouched_ = 0;                // 0: unknown
  std::int64_t trial_from_ = 0;             // a synchronized clock is followed without a leap since this monotonic time
  bool has_reference_ = false;              // a plausible time was stored or observed
  std::optional<std::int64_t> held_offset_; // wall minus server time of the leap that was reported
  std::optional<Event> event_;
};

} // namespace nvrhub::fleet
