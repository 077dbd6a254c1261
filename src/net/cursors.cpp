#include "net/cursors.hpp"

#include <algorithm>
#include <random>
#include <utility>

namespace nvrhub::net {

std::string Cursors::keep(SnapshotPtr snapshot) {
  thread_local std::mt19937_64 random(std::random_device{}());
  const Clock::time_point now = Clock::now();
  const std::lock_guard lock(mutex_);
  expire(now);
  if (kept_.size() >= most) {
    kept_.erase(std::min_element(kept_.begin(), kept_.end(),
                                 [](const auto& a, const auto& b) { return a.second.since < b.second.since; }));
  }
  std::string token = std::to_string(random());
  kept_.emplace(token, Kept{std::move(snapshot), now});
  return token;
}

Cursors::SnapshotPtr Cursors::find(const std::string& token) {
  const std::lock_guard lock(mutex_);
  expire(Clock::now());
  const auto at = kept_.find(token);
  return at == kept_.end() ? nullptr : at->second.snapshot;
}

void Cursors::clear() {
  const std::lock_guard lock(mutex_);
  kept_.clear();
}

void Cursors::expire(Clock::time_point now) {
  std::erase_if(kept_, [now](const auto& entry) { return now - entry.second.since > lifetime; });
}

} // namespace nvrhub::net
