#pragma once

#include <string>

#include <tl/expected.hpp>

#include "notify/config/config.hpp"

namespace nvrhub::app {

/// Reads the [[channel]] and [[alert]] tables of a config file, with the secrets that they name, and checks the rules
/// as `PUT /api/v1/alert-rules` does. ERRORS: a message with the file, the line, the key and what would be right.
tl::expected<notify::Configuration, std::string> read_notify_config(const std::string& file);

} // namespace nvrhub::app
