#pragma once

// A second, deliberately simple definition of what alerts do: it walks over every second of the whole history and
// counts for each rule and subject the seconds in which its condition held or was gone. It has no deadlines and shares
// no code with the engine but the values of rules. It knows no reminders, acknowledgements or changes of rules.

#include <string>
#include <tuple>
#include <vector>

#include "alerts/support/harness.hpp"

namespace alerts_test {

/// What happens at one second. Times are whole seconds after the start.
struct Input {
  std::int64_t at = 0;
  enum class What { event, gap, confirm, windows } what = What::event;
  fleet::Event event{};
  std::int64_t down_until = 0; // gap: the server does not run until then
  std::int64_t grace = 0;
  fleet::NvrId confirmed = 0;
  std::vector<MaintenanceWindow> windows{};
};

/// A logged transition, for comparison.
struct Outcome {
  std::int64_t at_ms = 0;
  std::string change, rule;
  fleet::NvrId nvr_id = 0;
  std::string name;
  std::int64_t begun_ms = 0;
  ChannelMask announce = 0;
  bool flapping = false;
  std::int64_t share = -1; // in millionths

  friend auto operator<=>(const Outcome&, const Outcome&) = default;
};

std::string to_text(const Outcome& outcome);

/// All outcomes up to the second `until`, sorted.
std::vector<Outcome> model(const Configuration& configuration, const std::vector<Input>& history, std::int64_t until);

} // namespace alerts_test
