#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace nvrhub::actors {

/// In a cluster: how often another server has taken over the session of a connected NVR from this one. The actor of the
/// NVR, which then ends, cannot remember it. THREADS: any.
class Takeovers {
public:
  using Time = std::chrono::steady_clock::time_point;

  /// `window`: earlier ones are forgotten.
  explicit Takeovers(Time::duration window = std::chrono::minutes(1)) : window_(window) {}

  void add(const std::string& hostname, Time now);
  /// Those of the last window, oldest first.
  std::vector<Time> recent(const std::string& hostname, Time now);

private:
  void forget(Time now);

  const Time::duration window_;
  std::mutex mutex_;
  std::unordered_map<std::string, std::vector<Time>> times_;
  Time forgotten_at_{};
};

} // namespace nvrhub::actors
