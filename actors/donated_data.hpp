#pragma once

#include <mutex>
#include <optional>

#include "store/log_entry.hpp"

namespace nvrhub::actors {

/// A copy of this server's data that another one fetches: the log must keep what follows it. At most one at a time.
/// THREADS: any.
class DonatedData {
public:
  /// `applied`: what the copy has applied, at least.
  void begin(const store::ChainLink& applied) {
    const std::lock_guard lock(mutex_);
    applied_ = applied;
  }
  void end() {
    const std::lock_guard lock(mutex_);
    applied_.reset();
  }
  std::optional<store::ChainLink> applied() const {
    const std::lock_guard lock(mutex_);
    return applied_;
  }

private:
  mutable std::mutex mutex_;
  std::optional<store::ChainLink> applied_;
};

} // namespace nvrhub::actors
