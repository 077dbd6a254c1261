#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <optional>

namespace nvrhub::store {

/// The operations on a store that have begun and not ended. The problem it solves: on a disk that hangs, a call neither
/// succeeds nor fails, so nothing but the clock shows that the store has stopped.
///
/// THREADS: any; lock-free.
class PendingOperations {
public:
  using Time = std::chrono::steady_clock::time_point;

  /// An operation that lasts longer hangs. The longest that a working disk needs is a commit of some thousand writes.
  static constexpr std::chrono::seconds limit{5};

  /// Lasts from construction to destruction. OWNERSHIP: `operations` must outlive it.
  class Operation {
  public:
    explicit Operation(PendingOperations& operations, Time now = std::chrono::steady_clock::now());
    ~Operation();
    Operation(const Operation&) = delete;
    Operation& operator=(const Operation&) = delete;
    /// It goes on, and has not hung until now.
    void renew(Time now = std::chrono::steady_clock::now());

  private:
    std::atomic<Time::rep>* slot_ = nullptr; // null: all are taken
  };

  /// For how long the oldest operation has lasted, if that is longer than `limit`.
  std::optional<std::chrono::seconds> hanging(Time now = std::chrono::steady_clock::now()) const;

private:
  // One per thread that uses the store is needed; an operation beyond them is not watched.
  static constexpr std::size_t max_operations = 16;
  static constexpr Time::rep none = 0;
  std::array<std::atomic<Time::rep>, max_operations> begun_{};
};

} // namespace nvrhub::store
