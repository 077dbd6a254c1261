#pragma once

#include "actors/log.hpp"
#include "store/pending_operations.hpp"

namespace nvrhub::app {

/// Logs once when the store does not answer any more (a disk that hangs), and once when it answers again.
/// THREADS: one thread, which does not use the store.
class StoreWatch {
public:
  /// OWNERSHIP: both must outlive this.
  StoreWatch(const store::PendingOperations& operations, const actors::Log& log) : operations_(operations), log_(log) {}

  /// REQUIRES: called a few times per second.
  void check(store::PendingOperations::Time now = std::chrono::steady_clock::now());

private:
  const store::PendingOperations& operations_;
  const actors::Log& log_;
  std::optional<std::chrono::seconds> hanging_; // at the last check
  bool logged_ = false;
};

} // namespace nvrhub::app
