#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace nvrhub::actors {

/// Lets the store's thread sleep until a commit is due. While it sleeps, writes queue up in its mailbox without waking
/// it up, and no timer of another thread is needed. A message that must not wait is announced before it is sent.
///
/// THREADS: any may announce; only the store's thread sleeps.
class CommitGate {
public:
  /// REQUIRES: an urgent message to the store actor follows.
  void announce() {
    bool wake = false;
    {
      const std::lock_guard lock(mutex_);
      ++announced_;
      wake = asleep_;
    }
    if (wake) changed_.notify_one();
  }
  /// An announced message has arrived.
  void arrived() {
    const std::lock_guard lock(mutex_);
    ++arrived_;
  }
  /// Returns at `due`, or as soon as a message is announced that has not arrived.
  void sleep_until(std::chrono::steady_clock::time_point due) {
    std::unique_lock lock(mutex_);
    asleep_ = true;
    changed_.wait_until(lock, due, [this] { return announced_ > arrived_; });
    asleep_ = false;
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool asleep_ = false;
  std::uint64_t announced_ = 0;
  std::uint64_t arrived_ = 0;
};

} // namespace nvrhub::actors
