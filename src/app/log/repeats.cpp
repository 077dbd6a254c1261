#include "app/log/repeats.hpp"

#include <algorithm>

namespace nvrhub::app {

namespace {

constexpr std::size_t max_kinds = 128; // kinds are literals; this only keeps a mistake from growing
constexpr std::string_view kind_of_the_rest = "other";

} // namespace

bool Repeats::admit(std::string_view kind, actors::Level level, Time now) {
  auto at = minutes_.find(kind);
  if (at == minutes_.end()) {
    const std::string_view name = minutes_.size() < max_kinds - 1 ? kind : kind_of_the_rest;
    at = minutes_.try_emplace(std::string(name), Minute{.begin = now}).first;
  }
  Minute& minute = at->second;
  if (minute.left_out == 0 && now - minute.begin >= std::chrono::minutes(1)) minute = {.begin = now};
  if (minute.admitted < per_minute_) {
    ++minute.admitted;
    return true;
  }
  ++minute.left_out;
  minute.level = std::max(minute.level, level);
  return false;
}

std::vector<Repeats::LeftOut> Repeats::take(Time now, bool all) {
  std::vector<LeftOut> taken;
  for (auto& [kind, minute] : minutes_) {
    if (minute.left_out == 0 || (!all && now - minute.begin < std::chrono::minutes(1))) continue;
    taken.push_back({kind, minute.level, minute.left_out});
    minute = {.begin = now};
  }
  return taken;
}

} // namespace nvrhub::app
