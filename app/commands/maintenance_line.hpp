#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace nvrhub::app {

/// A maintenance window of the HTTP API as a line for people, with times in the time zone of this machine:
/// "a1b2c3d4e5f6  planned  site Main  2024-01-16 23:00:00 to 2024-01-17 03:00:00  New switches"
std::string maintenance_line(const nlohmann::json& window);

} // namespace nvrhub::app
