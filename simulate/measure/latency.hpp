#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

namespace nvrhub::simulate {

using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;

/// A histogram of latencies from 1 µs to 100 s in logarithmic bins of 2 %. A value type.
/// THREADS: not thread-safe.
class Latency {
public:
  Latency();
  Latency(const Latency& other);
  Latency& operator=(const Latency& other);
  Latency(Latency&&) noexcept;
  Latency& operator=(Latency&&) noexcept;
  ~Latency();

  void record(Clock::duration latency);
  Latency& operator+=(const Latency& other);
  /// The latencies recorded since `earlier`, an older copy of this one. `max` stays that of the whole.
  Latency since(const Latency& earlier) const;

  std::uint64_t count() const;
  /// In seconds, accurate to one bin; 0 if nothing was recorded. `share` is 0.99 for p99.
  double percentile(double share) const;
  /// Exact, in seconds.
  double max() const;

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace nvrhub::simulate
