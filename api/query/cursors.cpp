#include "api/query/cursors.hpp"

#include <algorithm>
#include <random>

namespace nvrhub::api {

std::string Cursors::keep(KeptPtr kept) {
  thread_local std::mt19937_64 random(std::random_device{}());
  const Clock::time_point now = Clock::now();
  const std::lock_guard lock(mutex_);
  expire(now);
  if (entries_.size() >= max_kept) {
    entries_.erase(std::min_element(entries_.begin(), entries_.end(),
                                    [](const auto& a, const auto& b) { return a.second.since < b.second.since; }));
  }
  std::string token = std::to_string(random());
  entries_.emplace(token, Entry{std::move(kept), now});
  return token;
}

Cursors::KeptPtr Cursors::find(const std::string& token) {
  const std::lock_guard lock(mutex_);
  expire(Clock::now());
  const auto at = entries_.find(token);
  return at == entries_.end() ? nullptr : at->second.kept;
}

bool Cursors::expire() {
  const std::lock_guard lock(mutex_);
  expire(Clock::now());
  return watched_ = !entries_.empty();
}

bool Cursors::begin_watch() {
  const std::lock_guard lock(mutex_);
  return !std::exchange(watched_, true);
}

void Cursors::clear() {
  const std::lock_guard lock(mutex_);
  entries_.clear();
}

void Cursors::expire(Clock::time_point now) {
  std::erase_if(entries_, [&](const auto& entry) { return now - entry.second.since > lifetime_; });
}

} // namespace nvrhub::api
