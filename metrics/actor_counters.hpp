#pragma once

#include <array>
#include <chrono>
#include <cstdint>

#include "metrics/per_thread.hpp"

namespace nvrhub::metrics {

inline constexpr std::array<std::uint64_t, 15> latency_us{100,     250,     500,       1'000,     2'500,
                                                          5'000,   10'000,  25'000,    50'000,    100'000,
                                                          250'000, 500'000, 1'000'000, 2'500'000, 10'000'000};
inline constexpr std::array<std::uint64_t, 10> batch_sizes{1, 2, 5, 10, 25, 50, 100, 250, 1'000, 4'096};

/// What actors count for /metrics (docs/reference/metrics.md). Count with `shared->counters.local().takeovers.add()`.
struct ActorCounters {
  // NVR actors and the registry
  Counter auths_accepted;
  Counter auths_unknown_hostname;
  Counter auths_rate_limited; // repeated takeovers, or commits that take too long
  Counter auths_shutting_down;
  Counter reports_changed;   // changed the status of a camera
  Counter reports_unchanged; // had a systemStatus that changed nothing
  Counter reports_bare;      // had no systemStatus
  Counter reports_replaced;  // dropped, because a newer session has replaced theirs
  Counter camera_changes;
  Counter skipped_entries;
  Counter unknown_cameras; // report entries ignored under --enroll known
  Counter takeovers;
  Counter nvr_actors; // a level

  // Store
  Counter store_queue;              // a level: writes that NVR actors wait for
  std::array<Counter, 16> events;   // committed, by fleet::Kind
  std::array<Counter, 16> offlines; // by fleet::Cause
  Histogram<latency_us> commit_us;
  Histogram<batch_sizes> commit_writes;
  Counter commits_failed;
  Counter writes_refused; // because a newer write had replaced their base: the actor loads the NVR again
  Histogram<latency_us> seen_flush_us;
  Counter seen_flushed; // NVRs whose last_seen was written
  Counter seen_flushes_failed;
  Counter events_pruned;

  // Fanout
  Counter recoveries;              // subscribes that continued after their `since`
  Counter snapshots;               // subscribes answered with a snapshot
  Histogram<latency_us> fanout_us; // from the end of a commit until the fanout has read its events
};

inline std::uint64_t us_since(std::chrono::steady_clock::time_point begin) {
  const auto took = std::chrono::steady_clock::now() - begin;
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(took).count());
}

} // namespace nvrhub::metrics
