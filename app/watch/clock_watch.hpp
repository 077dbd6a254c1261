#pragma once

#include <filesystem>
#include <memory>

#include "actors/log.hpp"
#include "fleet/server_clock.hpp"

namespace nvrhub::app {

/// Keeps the server time: compares it with the machine's clocks, takes the operator's confirmation, and logs leaps.
/// THREADS: one thread.
class ClockWatch {
public:
  ClockWatch(std::filesystem::path data, const fleet::StoredTimes& stored, actors::Log log);

  /// REQUIRES: called a few times per second.
  void update();

  /// Any thread reads it.
  const std::shared_ptr<fleet::ServerClock>& clock() const { return clock_; }

private:
  void log_leap() const;

  std::filesystem::path data_;
  actors::Log log_;
  std::shared_ptr<fleet::ServerClock> clock_;
};

} // namespace nvrhub::app
