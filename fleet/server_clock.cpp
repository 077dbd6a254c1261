#include "fleet/server_clock.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace nvrhub::fleet {

namespace {

// Two clocks are never read at the same instant.
constexpr std::int64_t tolerance = ServerClock::ms / 2;

} // namespace

ServerClock::ServerClock(const StoredTimes& stored, const ClockReading& reading)
    : observed_(reading.boot_ns), trial_from_(reading.boot_ns), has_reference_(stored.last >= earliest) {
  std::int64_t start = stored.last * ms;
  if (!has_reference_) start = std::max({start, reading.wall_ns, earliest * ms});
  vouched_ = std::min(stored.vouched * ms, start);
  // A store without it was written by an older version, or is new. Its last time may come from a wrong clock: only a
  // wall clock that is not before it vouches for it.
  if (vouched_ == 0 && (stored.last == 0 || (has_reference_ && reading.wall_ns - start >= -max_step))) vouched_ = start;
  if (vouched_ == 0 && !has_reference_) vouched_ = stored.last * ms;
  continue_from(start, reading.boot_ns);
  observe(reading);
}

std::int64_t ServerClock::time_at(std::int64_t boot) const {
  for (;;) {
    const std::uint64_t version = version_.load(std::memory_order_acquire);
    const Line line{offset_.load(std::memory_order_acquire), slew_from_.load(std::memory_order_acquire),
                    slew_.load(std::memory_order_acquire)};
    if (version % 2 == 0 && version_.load(std::memory_order_relaxed) == version) return line.at(boot);
  }
}

/// A reader that sees one of the values sees the odd version too.
void ServerClock::set(const Line& line) {
  line_ = line;
  const std::uint64_t version = version_.load(std::memory_order_relaxed);
  version_.store(version + 1, std::memory_order_relaxed);
  offset_.store(line.offset, std::memory_order_release);
  slew_from_.store(line.slew_from, std::memory_order_release);
  slew_.store(line.slew, std::memory_order_release);
  version_.store(version + 2, std::memory_order_release);
}

void ServerClock::continue_from(std::int64_t time, std::int64_t boot, std::int64_t slew) {
  set({time - boot, boot, slew});
}

void ServerClock::observe(const ClockReading& reading) {
  const std::int64_t before = line_.at(reading.boot_ns);
  const std::int64_t difference = reading.wall_ns - before;
  if (vouched_ != 0) vouched_ = std::min(before, vouched_ + std::max<std::int64_t>(0, reading.boot_ns - observed_));
  observed_ = reading.boot_ns;
  if (std::abs(difference) <= max_step) {
    follow(reading, difference);
  } else if (difference > 0) {
    leap_ahead(reading, difference);
  } else {
    leap_back(reading, difference);
  }
  if (reading.wall_ns >= earliest * ms && is_trusted()) has_reference_ = true;
  extend_vouched(reading);
  const std::int64_t time = line_.at(reading.boot_ns);
  offset_ms_.store((reading.wall_ns - time) / ms, std::memory_order_relaxed);
  vouched_ms_.store(vouched_ / ms, std::memory_order_relaxed);
  lag_ms_.store((time - vouched_) / ms, std::memory_order_relaxed);
}

void ServerClock::confirm(const ClockReading& reading) {
  const std::int64_t before = line_.at(reading.boot_ns);
  if (reading.wall_ns < earliest * ms) return observe(reading); // an unset clock: not a valid confirmation
  if (reading.wall_ns - before > max_step) {
    report(Leap::believed, reading);
    continue_from(reading.wall_ns, reading.boot_ns);
  }
  vouched_ = std::min(reading.wall_ns, line_.at(reading.boot_ns)); // a leap back is believed because of this
  observe(reading);
}

std::optional<ServerClock::Event> ServerClock::take_event() {
  return std::exchange(event_, std::nullopt);
}

void ServerClock::follow(const ClockReading& reading, std::int64_t difference) {
  if (!trusted_.exchange(true, std::memory_order_relaxed)) {
    trial_from_ = reading.boot_ns;
    report(Leap::returned, reading);
  }
  held_offset_.reset();
  if (difference > tolerance) {
    continue_from(reading.wall_ns, reading.boot_ns);
    if (vouched_ != 0) vouched_ += difference;
  } else if (const std::int64_t left = line_.slew - line_.slewed(reading.boot_ns);
             std::abs(-difference - left) > tolerance) {
    continue_from(line_.at(reading.boot_ns), reading.boot_ns, std::max<std::int64_t>(0, -difference));
  }
  if (vouched_ == 0) vouched_ = line_.at(reading.boot_ns);
}

void ServerClock::leap_ahead(const ClockReading& reading, std::int64_t difference) {
  if (!reading.synchronized && has_reference_) return hold(reading);
  report(Leap::believed, reading);
  if (vouched_ == 0) vouched_ = reading.wall_ns - difference;
  continue_from(reading.wall_ns, reading.boot_ns);
  trusted_.store(true, std::memory_order_relaxed);
  held_offset_.reset();
  trial_from_ = reading.boot_ns;
}

void ServerClock::leap_back(const ClockReading& reading, std::int64_t difference) {
  const bool known = has_reference_ && reading.wall_ns >= earliest * ms &&
                     ((reading.synchronized && -difference <= max_synchronized_leap_back) || is_near_vouched(reading));
  if (!known) return hold(reading);
  const std::int64_t left = line_.slew - line_.slewed(reading.boot_ns);
  if (-difference - left > max_step || !is_trusted()) {
    report(Leap::believed, reading);
    trial_from_ = reading.boot_ns;
  }
  if (std::abs(-difference - left) > tolerance) {
    continue_from(line_.at(reading.boot_ns), reading.boot_ns, -difference);
  }
  trusted_.store(true, std::memory_order_relaxed);
  held_offset_.reset();
}

void ServerClock::hold(const ClockReading& reading) {
  const std::int64_t time = line_.at(reading.boot_ns);
  if (line_.slew != line_.slewed(reading.boot_ns)) continue_from(time, reading.boot_ns);
  trusted_.store(false, std::memory_order_relaxed);
  const std::int64_t offset = reading.wall_ns - time;
  if (held_offset_ && std::abs(offset - *held_offset_) <= max_step) return;
  held_offset_ = offset;
  report(Leap::held, reading);
}

bool ServerClock::is_near_vouched(const ClockReading& reading) const {
  return vouched_ != 0 && std::abs(reading.wall_ns - vouched_) <= max_step;
}

void ServerClock::extend_vouched(const ClockReading& reading) {
  if (!is_trusted() || !reading.synchronized) trial_from_ = reading.boot_ns;
  const std::int64_t believed = std::min(reading.wall_ns, line_.at(reading.boot_ns));
  if (reading.boot_ns - trial_from_ >= trial || (is_trusted() && is_near_vouched(reading))) {
    vouched_ = std::max(vouched_, believed);
  }
  vouched_ = std::min(vouched_, line_.at(reading.boot_ns));
}

void ServerClock::report(Leap leap, const ClockReading& reading) {
  event_ = Event{leap, reading.wall_ns / ms, line_.at(reading.boot_ns) / ms};
}

} // namespace nvrhub::fleet
