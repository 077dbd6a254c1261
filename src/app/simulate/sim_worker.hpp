#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include "app/simulate/connect_gate.hpp"
#include "app/simulate/sim_nvr.hpp"
#include "app/simulate/sim_stats.hpp"

namespace nvrhub::app::sim {

/// A thread and its share of the fleet: every `step`-th NVR from `first` on. Nothing of one worker touches another's.
class SimWorker {
public:
  SimWorker(Simulation& simulation, std::uint32_t first, std::uint32_t step);
  ~SimWorker();

  void start();
  /// No more reports, drops and returns; answers still count.
  void finish();
  /// Asks the thread, so it tells how things stand after what was posted before.
  std::uint64_t unanswered();
  /// Closes every connection, without waiting.
  void hang_up();
  /// Waits for the last connection to end, at most until `until`, and ends the thread.
  void join(TimePoint until);
  Totals totals() const { return stats_.snapshot(); }

private:
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  ConnectGate gate_;
  Stats stats_;
  std::vector<std::unique_ptr<SimNvr>> nvrs_;
  std::thread thread_;
};

} // namespace nvrhub::app::sim
