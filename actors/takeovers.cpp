#include "actors/takeovers.hpp"

#include <utility>

namespace nvrhub::actors {

void Takeovers::add(const std::string& hostname, Time now) {
  const std::lock_guard lock(mutex_);
  if (now - forgotten_at_ >= window_) forget(now);
  times_[hostname].push_back(now);
}

std::vector<Takeovers::Time> Takeovers::recent(const std::string& hostname, Time now) {
  const std::lock_guard lock(mutex_);
  const auto found = times_.find(hostname);
  if (found == times_.end()) return {};
  std::erase_if(found->second, [&](Time at) { return now - at >= window_; });
  return found->second;
}

/// Hostnames that are not asked for.
void Takeovers::forget(Time now) {
  forgotten_at_ = now;
  std::erase_if(times_,
                [&](const auto& entry) { return entry.second.empty() || now - entry.second.back() >= window_; });
}

} // namespace nvrhub::actors
