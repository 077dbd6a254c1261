#include "actors/grace_period.hpp"

#include <algorithm>

namespace nvrhub::actors {

namespace {

constexpr auto long_delay = std::chrono::seconds(1); // of the timer itself: an I/O thread may note the pause after it

} // namespace

std::optional<GracePeriod> GracePeriod::extension(Clock::time_point now, std::chrono::milliseconds paused) const {
  const auto late = std::chrono::duration_cast<std::chrono::milliseconds>(now - end_);
  const auto missed = std::max(paused - paused_, late >= long_delay ? late : late.zero());
  if (missed <= missed.zero()) return std::nullopt;
  return GracePeriod(std::min(missed, length_), now, paused);
}

} // namespace nvrhub::actors
