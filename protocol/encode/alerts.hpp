#pragma once

// Alerts as JSON; rules and maintenance windows as JSON, in the form that protocol/decode/alerts.hpp reads.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "alerts/alert.hpp"
#include "alerts/maintenance.hpp"
#include "alerts/rule.hpp"

namespace nvrhub::protocol {

/// 16 hex digits.
std::string encode_alert_id(alerts::AlertId id);
std::optional<alerts::AlertId> decode_alert_id(std::string_view text);

/// The alert after the transition (alerts.md, "What an alert does"). `channels`: those of the engine that made it.
std::string encode_alert(const alerts::Transition& transition, const std::vector<std::string>& channels);

/// `{"seq", "alerts": [...], "next"}` of alerts that are JSON already.
std::string encode_alert_page(fleet::Seq seq, std::span<const std::string> alerts,
                              const std::optional<std::string>& next);

/// `{"windows": [...]}` of windows that are JSON already.
std::string encode_windows(std::span<const std::string> windows);

/// `{"rules": [...]}`
std::string encode_alert_rules(std::span<const alerts::Rule> rules);

/// One window, with its id unless that is empty, and whether it is active if that is known. decode_maintenance() takes
/// it without both.
std::string encode_maintenance(const alerts::MaintenanceWindow& window, std::optional<bool> active = std::nullopt);

/// "90s", "2m", "1d": the largest unit that divides it. REQUIRES: whole seconds.
std::string encode_duration(fleet::WallMillis duration);

} // namespace nvrhub::protocol
