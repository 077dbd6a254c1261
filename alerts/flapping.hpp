#pragma once

// Private to alerts/: detection of conditions that come and go.

#include <optional>

#include "alerts/alert.hpp"

namespace nvrhub::alerts {

inline constexpr ObservedMillis return_time = 60 * 60'000; // a condition that comes back within it has returned
inline constexpr ObservedMillis share_time = 10 * 60'000;
inline constexpr std::size_t max_changes = 32; // kept per alert
inline constexpr std::uint16_t max_returns = 1'000;

/// Adds a begin or end of the condition, and removes what is older than share_time. The list begins with a begin.
inline void add_change(Alert& alert, ObservedMillis at) {
  std::vector<ObservedMillis>& changes = alert.changes;
  changes.push_back(at);
  std::size_t old = 0;
  while (old + 2 < changes.size() && changes[old + 1] <= at - share_time)
    old += 2;
  if (changes.size() - old > max_changes) {
    old += 2;
    alert.changes_truncated = true;
  }
  changes.erase(changes.begin(), changes.begin() + static_cast<std::ptrdiff_t>(old));
}

/// The share of the last 10 minutes in which the condition did not hold; of a shorter time if more changes happened in
/// it than are kept. Nothing: the alert is not flapping.
inline std::optional<double> well_share(const Alert& alert, ObservedMillis now) {
  if (!alert.is_flapping() || alert.changes.empty()) return std::nullopt;
  ObservedMillis from = now - share_time;
  if (alert.changes_truncated && alert.changes.front() > from) from = alert.changes.front();
  if (now <= from) return std::nullopt;
  ObservedMillis held = 0;
  for (std::size_t i = 0; i < alert.changes.size(); i += 2) {
    const ObservedMillis end = i + 1 < alert.changes.size() ? std::min(alert.changes[i + 1], now) : now;
    const ObservedMillis begin = std::max(alert.changes[i], from);
    if (begin < end) held += end - begin;
  }
  return 1.0 - static_cast<double>(held) / static_cast<double>(now - from);
}

/// The rule's `keep`, doubled for each return up to 15 minutes.
inline ObservedMillis keep_of(const Rule& rule, const Alert& alert) {
  ObservedMillis keep = rule.keep;
  for (std::uint16_t i = 0; i < alert.returns && keep < max_flapping_keep; ++i)
    keep = std::min(keep * 2, max_flapping_keep);
  return keep;
}

} // namespace nvrhub::alerts
