#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <thread>
#include <utility>

namespace nvrhub::app {

/// Calls `give_up` on a thread of its own unless it is destroyed within `time`. A thread that hangs in disk I/O cannot
/// be joined, so a stop that waits for it would never end.
class StopDeadline {
public:
  StopDeadline(std::chrono::milliseconds time, std::function<void()> give_up)
      : thread_([time, give_up = std::move(give_up), stopped = stopped_.get_future()] {
          if (stopped.wait_for(time) == std::future_status::timeout) give_up();
        }) {}
  ~StopDeadline() {
    stopped_.set_value();
    thread_.join();
  }
  StopDeadline(const StopDeadline&) = delete;
  StopDeadline& operator=(const StopDeadline&) = delete;

private:
  std::promise<void> stopped_;
  std::thread thread_;
};

} // namespace nvrhub::app
