#pragma once

#include <optional>

#include "api/connections.hpp"

namespace nvrhub::api::test {

/// Connections without sockets: the test sets the numbers and sees the calls.
class FakeConnections final : public Connections {
public:
  Gauges numbers;
  Counters all;
  LagHistogram lag;
  std::optional<std::chrono::milliseconds> drained_over; // of the last drain()

  Gauges gauges() const override { return numbers; }
  const Counters& counters() const override { return all; }
  void each_lag(const std::function<void(const LagHistogram&)>& visit) const override { visit(lag); }
  void drain(std::chrono::milliseconds over) override { drained_over = over; }
};

} // namespace nvrhub::api::test
