#pragma once

// Alert rules and maintenance windows as JSON, in the form that protocol/decode/alerts.hpp reads.

#include <span>
#include <string>

#include "alerts/maintenance.hpp"
#include "alerts/rule.hpp"

namespace nvrhub::protocol {

/// `{"rules": [...]}`
std::string encode_alert_rules(std::span<const alerts::Rule> rules);

/// One window with its id. decode_maintenance() takes it without the id.
std::string encode_maintenance(const alerts::MaintenanceWindow& window);

/// "90s", "2m", "1d": the largest unit that divides it. REQUIRES: whole seconds.
std::string encode_duration(fleet::WallMillis duration);

} // namespace nvrhub::protocol
