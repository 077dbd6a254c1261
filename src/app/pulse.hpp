#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <vector>

#include "net/io_pool.hpp"

namespace nvrhub::app {

/// Tells an I/O thread that hangs from one that is busy: each is given a no-op, and must have come round to it in time.
/// One thread calls it, which is no I/O thread; the caller gives the time.
class Pulse {
public:
  using Time = std::chrono::steady_clock::time_point;

  explicit Pulse(net::IoPool& pool);

  /// Gives a no-op to each thread that has done its last one. Not after the pool was stopped.
  void ask(Time now);
  /// False if a thread has had its no-op for `patience`.
  bool is_alive(Time now, std::chrono::milliseconds patience) const;

private:
  struct Question {
    std::atomic<bool> open{false};
    Time asked{};
  };

  net::IoPool& pool_;
  std::shared_ptr<std::vector<Question>> questions_; // the threads' as well
};

} // namespace nvrhub::app
