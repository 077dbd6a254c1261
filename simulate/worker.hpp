#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include "simulate/measure/stats.hpp"
#include "simulate/nvr/connect_throttle.hpp"
#include "simulate/nvr/nvr.hpp"

namespace nvrhub::simulate {

/// A thread with its share of the fleet: every `step`-th NVR from `first` on. Workers share no mutable state, except
/// the thread-safe ChangeTracker.
class Worker {
public:
  Worker(Simulation& simulation, std::uint32_t first, std::uint32_t step);
  ~Worker();

  void start();
  /// Stops reports, drops and reconnects; answers still count.
  void finish();
  /// Counts in the worker's thread, after all tasks posted before.
  std::uint64_t unanswered();
  /// Closes every connection; does not wait.
  void hang_up();
  /// Waits until `until` for the last connection to end, and ends the thread.
  void join(TimePoint until);
  Totals totals() const { return stats_.snapshot(); }

private:
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  ConnectThrottle throttle_;
  Stats stats_;
  std::vector<std::unique_ptr<Nvr>> nvrs_;
  std::thread thread_;
};

} // namespace nvrhub::simulate
