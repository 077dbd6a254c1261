#pragma once

#include <algorithm>
#include <chrono>

namespace nvrhub::log::etcd {

/// The pauses between attempts: 10 ms, doubled up to 500 ms. Short, because the next attempt asks another member.
class Backoff {
public:
  std::chrono::milliseconds next() {
    const std::chrono::milliseconds pause = next_;
    next_ = std::min(2 * next_, std::chrono::milliseconds(500));
    return pause;
  }
  void reset() { *this = {}; }

private:
  std::chrono::milliseconds next_{10};
};

} // namespace nvrhub::log::etcd
