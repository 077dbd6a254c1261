#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace nvrhub::log::etcd {

/// How long a member of etcd may take to answer a method before the next one is asked: a short time, as a member may
/// wait for a leader that is gone. If no member answers in it, all are slow (their disks, or the network), and it
/// doubles. It is at least twice what the last answer took.
class Patience {
public:
  static constexpr std::chrono::milliseconds most{5000};

  Patience(std::chrono::milliseconds least, std::size_t members) : least_(least), now_(least), members_(members) {}

  std::chrono::milliseconds now() const { return now_; }

  void answered(std::chrono::nanoseconds after) {
    left_ = 0;
    now_ = std::clamp(std::chrono::duration_cast<std::chrono::milliseconds>(2 * after), least_, std::max(least_, most));
  }
  /// A member has not answered in this time.
  void not_answered() {
    if (++left_ < members_) return;
    left_ = 0;
    now_ = std::max(now_, std::min(2 * now_, most));
  }

private:
  const std::chrono::milliseconds least_;
  std::chrono::milliseconds now_;
  const std::size_t members_;
  std::size_t left_ = 0; // members since the last answer
};

} // namespace nvrhub::log::etcd
