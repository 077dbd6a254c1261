#pragma once

#include <chrono>

#include "app/simulate/sim_fleet.hpp"

namespace nvrhub::app::sim {

/// How long to wait before the next attempt: doubles from half a second to half a minute, each time anywhere between
/// half of that and all of it, so that a fleet that fell together does not return together.
class Backoff {
public:
  std::chrono::milliseconds next(Random& random);
  /// For a server that refused the token or the hostname: one to two minutes.
  static std::chrono::milliseconds refused(Random& random);
  /// `asked_for` and up to half of it, at least half a second, on top.
  static std::chrono::milliseconds after(std::chrono::milliseconds asked_for, Random& random);
  void reset() { failures_ = 0; }

private:
  unsigned failures_ = 0;
};

enum class Return { soon, later, never };
/// What a client does when the server closed with `code`.
Return return_after_close(unsigned code);

} // namespace nvrhub::app::sim
