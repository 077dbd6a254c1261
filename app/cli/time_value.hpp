#pragma once

#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "fleet/event.hpp"

namespace nvrhub::app {

/// A point in time on the command line: "now", "2024-01-15T22:00" or "2024-01-15 22:00:30" in the time zone of this
/// machine, or "2024-01-15T21:00:00Z". Empty: another text, or a time that the calendar does not have.
std::optional<fleet::WallMillis> parse_time(const std::string& text);

/// The message of the validator contains a valid example.
CLI::Validator time_check();

} // namespace nvrhub::app
