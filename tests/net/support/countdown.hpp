#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace nvrhub::net::test {

/// Threads count it down; the test waits for zero, for at most a minute: a broken build then fails instead of hanging.
class Countdown {
public:
  explicit Countdown(int count) : count_(count) {}

  void hit() {
    const std::lock_guard lock(mutex_);
    if (--count_ <= 0) zero_.notify_all();
  }
  bool wait() {
    std::unique_lock lock(mutex_);
    return zero_.wait_for(lock, std::chrono::minutes(1), [this] { return count_ <= 0; });
  }

private:
  std::mutex mutex_;
  std::condition_variable zero_;
  int count_;
};

} // namespace nvrhub::net::test
