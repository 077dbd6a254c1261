#pragma once

#include <chrono>

#include "simulate/fleet.hpp"

namespace nvrhub::simulate {

/// Delay before the next connection attempt: exponential from 0.5 s to 32 s, each time a random value between half of
/// it and all of it. The jitter keeps a fleet that dropped together from returning together.
class Backoff {
public:
  std::chrono::milliseconds next(Random& random);
  /// After the server refused the token or the hostname: one to two minutes.
  static std::chrono::milliseconds after_refusal(Random& random);
  /// `retry_after` plus a random share of up to half of it (0.5 s to 60 s).
  static std::chrono::milliseconds after_hint(std::chrono::milliseconds retry_after, Random& random);
  void reset() { failures_ = 0; }

private:
  unsigned failures_ = 0;
};

enum class Reconnect { soon, later, never };
/// Whether and when a client reconnects after a close with `code`.
Reconnect reconnect_after_close(unsigned code);

} // namespace nvrhub::simulate
