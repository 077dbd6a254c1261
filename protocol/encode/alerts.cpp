#include "protocol/encode/alerts.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <vector>

#include "protocol/encode/encode.hpp"
#include "protocol/json/writer.hpp"

namespace nvrhub::protocol {

namespace {

constexpr std::string_view day_names[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

void put_list(Writer& writer, std::string_view key, const std::optional<std::vector<std::string>>& list) {
  if (!list) return;
  writer.key(key).begin_array();
  for (const std::string& text : *list)
    writer.value(text);
  writer.end_array();
}

void put_scope(Writer& writer, const alerts::Scope& scope) {
  if (scope == alerts::Scope{}) return;
  writer.key("filter").begin_object();
  put_list(writer, "sites", scope.sites);
  put_list(writer, "hostnames", scope.hostnames);
  put_list(writer, "cameras", scope.cameras);
  writer.end_object();
}

/// Ten-thousandths as a decimal number: 0.5, 0.3333, 1.
std::string decimal(std::uint32_t parts) {
  std::string digits = std::to_string(10'000 + parts % 10'000).substr(1);
  while (!digits.empty() && digits.back() == '0')
    digits.pop_back();
  return std::to_string(parts / 10'000) + (digits.empty() ? "" : "." + digits);
}

std::string two_digits(int number) {
  return std::to_string(100 + number).substr(1);
}

void put_rule(Writer& writer, const alerts::Rule& rule) {
  writer.begin_object().field("name", rule.name).field("level", to_string(rule.level)).key("when");
  if (rule.when == alerts::When::status) {
    writer.begin_object().key("status").begin_array();
    for (const fleet::Status& status : rule.statuses)
      writer.value(status.text());
    writer.end_array().end_object();
  } else {
    writer.value(to_string(rule.when));
  }
  writer.field("for", encode_duration(rule.hold_for))
      .field("keep", encode_duration(rule.keep))
      .field("severity", to_string(rule.severity));
  put_scope(writer, rule.filter);
  if (rule.share > 0) writer.key("share").raw(decimal(rule.share));
  if (rule.level == alerts::Level::site) writer.field("at_least", rule.at_least);
  if (rule.remind > 0) writer.field("remind", encode_duration(rule.remind));
  put_list(writer, "notify", rule.notify);
  writer.end_object();
}

void put_time(Writer& writer, std::string_view key, fleet::WallMillis at) {
  if (at != 0) writer.field(key, iso8601(at));
}

/// A share between 0 and 1 with two decimals.
std::string two_decimals(double share) {
  return decimal(static_cast<std::uint32_t>(std::lround(std::clamp(share, 0.0, 1.0) * 100)) * 100);
}

} // namespace

std::string encode_alert_id(alerts::AlertId id) {
  std::string text(16, '0');
  for (auto digit = text.rbegin(); digit != text.rend(); ++digit, id >>= 4)
    *digit = "0123456789abcdef"[id & 15];
  return text;
}

std::optional<alerts::AlertId> decode_alert_id(std::string_view text) {
  alerts::AlertId id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id, 16);
  if (text.size() != 16 || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return id;
}

std::string encode_alert(const alerts::Transition& transition, const std::vector<std::string>& channels) {
  const alerts::Alert& alert = transition.alert;
  Writer writer(512);
  writer.begin_object()
      .field("id", encode_alert_id(alert.id))
      .field("rule", transition.rule)
      .field("level", to_string(transition.level))
      .field("severity", to_string(transition.severity))
      .field("state", to_string(alert.state))
      .field("change", to_string(transition.change))
      .field("at", iso8601(transition.at));
  if (!transition.site.empty()) writer.field("site", transition.site);
  if (alert.subject.nvr_id != 0) writer.field("nvr_id", alert.subject.nvr_id).field("hostname", transition.hostname);
  if (transition.level == alerts::Level::camera) writer.field("camera", alert.subject.name);
  put_time(writer, "begun", alert.begun);
  put_time(writer, "fired", alert.fired);
  put_time(writer, "ended", alert.ended);
  put_time(writer, "resolved", alert.resolved);
  writer.field("flapping", alert.is_flapping());
  if (transition.well_share) writer.key("well_share").raw(two_decimals(*transition.well_share));
  if (alert.acknowledged) {
    writer.key("acknowledged")
        .begin_object()
        .field("by", alert.acknowledged->who)
        .field("note", alert.acknowledged->note)
        .field("at", iso8601(alert.acknowledged->at))
        .end_object();
  }
  if (transition.inhibited_by != 0) writer.field("inhibited_by", encode_alert_id(transition.inhibited_by));
  if (!transition.maintenance.empty()) writer.field("maintenance", transition.maintenance);
  writer.key("notified").begin_array();
  for (std::size_t i = 0; i < channels.size(); ++i) {
    if ((transition.announce >> i & 1U) != 0) writer.value(channels[i]);
  }
  return writer.end_array().end_object().take();
}

std::string encode_alert_page(fleet::Seq seq, std::span<const std::string> alerts,
                              const std::optional<std::string>& next) {
  Writer writer(64 + alerts.size() * 512);
  writer.begin_object().field("seq", seq).key("alerts").begin_array();
  for (const std::string& alert : alerts)
    writer.raw(alert);
  writer.end_array().text_or_null("next", next.value_or(""));
  return writer.end_object().take();
}

std::string encode_windows(std::span<const std::string> windows) {
  Writer writer(64 + windows.size() * 256);
  writer.begin_object().key("windows").begin_array();
  for (const std::string& window : windows)
    writer.raw(window);
  return writer.end_array().end_object().take();
}

std::string encode_duration(fleet::WallMillis duration) {
  const std::pair<fleet::WallMillis, const char*> units[] = {{86'400'000, "d"}, {3'600'000, "h"}, {60'000, "m"}};
  for (const auto& [length, name] : units) {
    if (duration > 0 && duration % length == 0) return std::to_string(duration / length) + name;
  }
  return std::to_string(duration / 1'000) + "s";
}

std::string encode_alert_rules(std::span<const alerts::Rule> rules) {
  Writer writer(64 + rules.size() * 160);
  writer.begin_object().key("rules").begin_array();
  for (const alerts::Rule& rule : rules)
    put_rule(writer, rule);
  return writer.end_array().end_object().take();
}

std::string encode_maintenance(const alerts::MaintenanceWindow& window, std::optional<bool> active) {
  Writer writer(256);
  writer.begin_object();
  if (!window.id.empty()) writer.field("id", window.id);
  if (active) writer.field("active", *active);
  writer.field("reason", window.reason);
  put_scope(writer, window.filter);
  if (const auto* once = std::get_if<alerts::Once>(&window.times)) {
    writer.field("from", iso8601(once->from)).field("to", iso8601(once->to));
    return writer.end_object().take();
  }
  const auto& weekly = std::get<alerts::Weekly>(window.times);
  writer.key("weekly").begin_object().key("days").begin_array();
  for (unsigned day = 0; day < 7; ++day) {
    if ((weekly.days >> day & 1U) != 0) writer.value(day_names[day]);
  }
  writer.end_array()
      .field("start", two_digits(weekly.start / 60) + ":" + two_digits(weekly.start % 60))
      .field("length", encode_duration(weekly.length))
      .field("time_zone", weekly.zone->name());
  return writer.end_object().end_object().take();
}

} // namespace nvrhub::protocol
