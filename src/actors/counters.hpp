#pragma once

#include <array>
#include <chrono>
#include <cstdint>

#include "actors/tally.hpp"

namespace nvrhub::actors {

inline constexpr std::array<std::uint64_t, 15> latency_us{100,     250,     500,       1'000,     2'500,
                                                          5'000,   10'000,  25'000,    50'000,    100'000,
                                                          250'000, 500'000, 1'000'000, 2'500'000, 10'000'000};
inline constexpr std::array<std::uint64_t, 10> batch_sizes{1, 2, 5, 10, 25, 50, 100, 250, 1'000, 4'096};

/// What actors count for /metrics (docs/guide/operations.md, "Metrics"). Bump it as
/// `shared->counters.mine().takeovers.add()`.
struct Counters {
  // NVR actors and the registry
  Cell auths_accepted;
  Cell auths_unknown_hostname;
  Cell auths_rate_limited; // fights for a hostname, and disks that hold commits up
  Cell auths_shutting_down;
  Cell reports_changed;   // with a systemStatus that changed a camera's status
  Cell reports_unchanged; // with one that did not
  Cell reports_bare;      // auths and heartbeats without one
  Cell reports_replaced;  // of a session that a newer one has replaced: dropped
  Cell camera_changes;
  Cell skipped_entries;
  Cell unknown_cameras; // report entries ignored under --enroll known
  Cell takeovers;
  Cell nvr_actors; // a level

  // Store
  Cell store_queue;              // a level: writes that NVR actors wait for
  std::array<Cell, 16> events;   // durable ones, by fleet::Kind
  std::array<Cell, 16> offlines; // by fleet::Cause
  Histogram<latency_us> commit_us;
  Histogram<batch_sizes> commit_writes;
  Cell commits_failed;
  Cell writes_refused; // of an NVR that another session, name or number has by now: its actor loads again
  Histogram<latency_us> seen_flush_us;
  Cell seen_flushed; // NVRs whose last_seen was written
  Cell seen_flushes_failed;
  Cell events_pruned;

  // Fanout
  Cell recoveries;                 // subscribes that went on from their `since`
  Cell snapshots;                  // subscribes that were answered with a snapshot
  Histogram<latency_us> fanout_us; // from the end of a commit until the fanout has read its events
};

inline std::uint64_t us_since(std::chrono::steady_clock::time_point begin) {
  const auto took = std::chrono::steady_clock::now() - begin;
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(took).count());
}

} // namespace nvrhub::actors
