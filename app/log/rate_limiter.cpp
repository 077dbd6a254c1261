#include "app/log/rate_limiter.hpp"

#include <algorithm>

namespace nvrhub::app {

namespace {

constexpr std::size_t max_kinds = 128; // kinds are literals; the limit guards against a kind made of variable data
constexpr std::string_view overflow_kind = "other";

} // namespace

bool LogRateLimiter::admit(std::string_view kind, actors::Level level, Time now) {
  auto at = minutes_.find(kind);
  if (at == minutes_.end()) {
    const std::string_view name = minutes_.size() < max_kinds - 1 ? kind : overflow_kind;
    at = minutes_.try_emplace(std::string(name), Minute{.begin = now}).first;
  }
  Minute& minute = at->second;
  if (minute.suppressed == 0 && now - minute.begin >= std::chrono::minutes(1)) minute = {.begin = now};
  if (minute.admitted < per_minute_) {
    ++minute.admitted;
    return true;
  }
  ++minute.suppressed;
  minute.level = std::max(minute.level, level);
  return false;
}

std::vector<LogRateLimiter::Suppressed> LogRateLimiter::take_suppressed(Time now, bool all) {
  std::vector<Suppressed> taken;
  for (auto& [kind, minute] : minutes_) {
    if (minute.suppressed == 0 || (!all && now - minute.begin < std::chrono::minutes(1))) continue;
    taken.push_back({kind, minute.level, minute.suppressed});
    minute = {.begin = now};
  }
  return taken;
}

} // namespace nvrhub::app
