#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "alerts/alert.hpp"
#include "alerts/engine.hpp"
#include "alerts/grouping.hpp"

// What the alert actor keeps in Table::alerts: keys and the encoding of values. store/ knows neither.

namespace nvrhub::actors::alert_key {

inline constexpr std::string_view position = "p"; // up to where the engine has decided
inline constexpr std::string_view rules = "r";    // JSON, as GET /api/v1/alert-rules returns it
inline constexpr std::string_view channels = "c"; // names of the channels, to which the bits of ChannelMask refer
inline constexpr std::string_view alerts = "a/";  // nvr_id, rule, subject -> a StoredAlert
inline constexpr std::string_view windows = "m/"; // id of a maintenance window -> JSON without it
inline constexpr std::string_view sent = "s";     // up to where all messages were delivered or dropped
inline constexpr std::string_view done = "d/";    // channel, id of a message after it that was delivered or dropped

/// There is one alert per rule and subject.
std::string alert(std::string_view rule, const alerts::Subject& subject);
inline std::string window(std::string_view id) {
  return std::string(windows).append(id);
}

inline std::string message(std::string_view channel, std::string_view id) {
  return std::string(done).append(channel).append("/").append(id);
}

} // namespace nvrhub::actors::alert_key

namespace nvrhub::actors {

/// An alert with the JSON that clients see. `alert.rule` is not stored: the key has the name of the rule.
struct StoredAlert {
  alerts::Alert alert;
  std::string rule;
  std::string json;
};

std::string encode_stored_alert(const alerts::Alert& alert, std::string_view json);
/// Nothing if the bytes are not such a record.
std::optional<StoredAlert> decode_stored_alert(std::string_view key, std::string_view bytes);
/// Only the JSON, without a copy.
std::optional<std::string_view> json_of_stored_alert(std::string_view bytes);

std::string encode_position(const alerts::Position& position);
std::optional<alerts::Position> decode_position(std::string_view bytes);

/// Up to event `seq` every message was delivered or dropped, and none was being collected.
struct SentRecord {
  fleet::Seq seq = 0;
  alerts::Grouping::SentTimes times; // see Grouping
};
std::string encode_sent(const SentRecord& record);
std::optional<SentRecord> decode_sent(std::string_view bytes);

std::string encode_names(const std::vector<std::string>& names);
std::optional<std::vector<std::string>> decode_names(std::string_view bytes);

} // namespace nvrhub::actors
