#pragma once

#include <cstdint>
#include <map>
#include <mutex>

#include "store/log_entry.hpp"

namespace nvrhub::actors {

/// What servers of a cluster say of themselves every few seconds.
struct PeerState {
  store::LogPosition applied = 0;
  std::uint64_t dashboards = 0;
};

/// The last that was heard of each. THREADS: any.
class PeerStates {
public:
  void set(const store::Origin& origin, const PeerState& state) {
    const std::lock_guard lock(mutex_);
    states_[origin] = state;
  }
  void erase(const store::Origin& origin) {
    const std::lock_guard lock(mutex_);
    states_.erase(origin);
  }
  std::map<store::Origin, PeerState> all() const {
    const std::lock_guard lock(mutex_);
    return states_;
  }

private:
  mutable std::mutex mutex_;
  std::map<store::Origin, PeerState> states_;
};

} // namespace nvrhub::actors
