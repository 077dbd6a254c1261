#pragma once

#include <atomic>
#include <cstdint>

#include "log/log.hpp"

namespace nvrhub::cluster {

/// Until when the own lease is known to be alive, by CLOCK_BOOTTIME. A process that was stopped reads the end of its
/// lease at once when it goes on, before its thread of the log has run. THREADS: any for is_alive().
class LeaseView {
public:
  /// On the log's thread, often enough that a renewed lease is noticed before the former one would have ended.
  void refresh(const log::Log& log);
  void end() { until_ns_.store(0, std::memory_order_relaxed); }
  bool is_alive() const;

private:
  std::atomic<std::int64_t> until_ns_{0}; // of CLOCK_BOOTTIME
};

} // namespace nvrhub::cluster
