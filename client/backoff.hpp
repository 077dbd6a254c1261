#pragma once

#include <chrono>

namespace nvrhub::client {

/// Delay before the next connection attempt: exponential from 0.5 s to 32 s, each time a random value between half of
/// it and all of it. The jitter keeps clients that dropped together from returning together. `share` is a random number
/// in [0, 1).
class Backoff {
public:
  std::chrono::milliseconds next(double share);
  /// After the server refused the token or the hostname: one to two minutes.
  static std::chrono::milliseconds after_refusal(double share);
  /// `retry_after` plus a random share of up to half of it (0.5 s to 60 s).
  static std::chrono::milliseconds after_hint(std::chrono::milliseconds retry_after, double share);
  void reset() { failures_ = 0; }

private:
  unsigned failures_ = 0;
};

enum class Reconnect { soon, later, never };
/// Whether and when a client reconnects after a close with `code` (docs/reference/protocol.md, "Close codes").
Reconnect reconnect_after_close(unsigned code);

} // namespace nvrhub::client
