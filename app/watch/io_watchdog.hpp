#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <vector>

#include "net/reactor/io_pool.hpp"

namespace nvrhub::app {

/// Detects I/O threads that hang. Each thread gets a probe (a no-op task); a busy thread runs it within the timeout, a
/// hung one does not.
/// THREADS: one thread, which is not an I/O thread. The caller passes the time.
class IoWatchdog {
public:
  using Time = std::chrono::steady_clock::time_point;

  explicit IoWatchdog(net::IoPool& pool);

  /// Posts a probe to each thread that has run its last one.
  /// REQUIRES: the pool is not stopped.
  void probe(Time now);
  /// False if a thread has not run its probe within `timeout`.
  bool is_alive(Time now, std::chrono::milliseconds timeout) const;

private:
  struct Probe {
    std::atomic<bool> pending{false};
    Time posted{};
  };

  net::IoPool& pool_;
  std::shared_ptr<std::vector<Probe>> probes_; // shared with the posted tasks, which may outlive this object
};

} // namespace nvrhub::app
