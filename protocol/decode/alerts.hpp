#pragma once

// What operators configure for alerts: rules and maintenance windows (sources: alert_rules.cpp, maintenance.cpp). Other
// than in messages of NVRs and dashboards, an unknown field is refused: a rule with a misspelled field would be another
// rule.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "alerts/maintenance.hpp"
#include "alerts/rule.hpp"
#include "protocol/decode/decode.hpp"

namespace nvrhub::protocol {

inline constexpr std::size_t max_rule_names = 1'000; // in each list of a filter
inline constexpr std::size_t max_reason_bytes = 200;

/// `{"rules": [...]}`. ERRORS: the first wrong field, such as `rules[2].for`. Nothing of a wrong body applies.
tl::expected<std::vector<alerts::Rule>, BadBody> decode_alert_rules(std::string_view body);

/// Finds a time zone by its name. ERRORS: a text for the client.
using LoadZone = std::function<tl::expected<alerts::TimeZonePtr, std::string>(std::string_view)>;

/// One maintenance window, without an id: `{"reason", "filter"?, "from", "to"}` or `{"reason", "filter"?, "weekly":
/// {"days", "start", "length", "time_zone"}}`.
tl::expected<alerts::MaintenanceWindow, BadBody> decode_maintenance(std::string_view body, const LoadZone& load_zone);

/// `{"note"?}`; an empty body has no note.
tl::expected<std::string, BadBody> decode_acknowledgement(std::string_view body);

/// Parts of an alert as encode_alert() writes it. OWNERSHIP: valid until this thread decodes the next JSON.
struct AlertFields {
  std::string_view id, rule, level, severity, state, change, at, site, hostname, camera, begun, fired, resolved,
      maintenance, acknowledged_by, acknowledged_note;
  std::vector<std::string_view> notified;
  std::optional<double> well_share;
  std::uint32_t nvr_id = 0;
  bool flapping = false;
};
/// Nothing if it is not such an alert.
std::optional<AlertFields> read_alert(std::string_view json);

} // namespace nvrhub::protocol
