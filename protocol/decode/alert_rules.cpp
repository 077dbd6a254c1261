#include <cmath>
#include <cstdint>
#include <set>

#include "protocol/decode/alert_fields.hpp"
#include "protocol/decode/alerts.hpp"

namespace nvrhub::protocol {

namespace {

using body::Result;

constexpr std::string_view rule_fields[] = {"name",   "level", "when",     "for",    "keep",  "severity",
                                            "filter", "share", "at_least", "remind", "notify"};
constexpr std::string_view levels[] = {"site", "nvr", "camera"};
constexpr std::string_view severities[] = {"critical", "warning", "info"};
constexpr std::string_view conditions[] = {"not_online", "offline", "conflict"};
constexpr fleet::WallMillis day = 86'400'000;
constexpr std::size_t max_rule_name_bytes = 64;
constexpr std::size_t max_statuses = 32;

/// `when`: a word, or {"status": [...]}.
Result<void> decode_when(const body::Field& field, const std::string& path, alerts::Rule& rule) {
  const bool is_camera = rule.level == alerts::Level::camera;
  const auto object = field ? json::as<json::Object>(*field) : std::nullopt;
  if (!object) {
    const auto index = body::choice(field, path, conditions);
    if (!index) {
      return body::refuse(field, path, "not_online, offline, conflict or an object with status");
    }
    rule.when = *index == 0 ? alerts::When::not_online : *index == 1 ? alerts::When::offline : alerts::When::conflict;
    if (rule.when == alerts::When::conflict && rule.level != alerts::Level::nvr)
      return body::refuse(field, path, "conflict only with level nvr");
    return {};
  }
  const auto fields = body::only_fields(*object, {"status"}, path + ".");
  if (!fields) return tl::unexpected(fields.error());
  if (!is_camera) return body::refuse(field, path, "an object with status only with level camera");
  const auto& [list] = *fields;
  const auto entries = list ? json::as<json::Array>(*list) : std::nullopt;
  if (!entries || entries->size() == 0 || entries->size() > max_statuses)
    return body::refuse(list, path + ".status", "an array of 1 to " + std::to_string(max_statuses) + " statuses");
  for (const json::Element entry : *entries) {
    const auto text = json::as<std::string_view>(entry);
    const auto status = text ? fleet::Status::parse(*text) : std::nullopt;
    const std::string place = path + ".status[" + std::to_string(rule.statuses.size()) + "]";
    if (!status) return body::refuse(entry, place, a_status);
    rule.statuses.push_back(*status);
  }
  rule.when = alerts::When::status;
  return {};
}

/// `share` and `at_least`, of which a site rule needs one.
Result<void> decode_threshold(const body::Field& share, const body::Field& at_least, const std::string& prefix,
                              alerts::Rule& rule) {
  if (rule.level != alerts::Level::site) {
    if (share) return body::refuse(share, prefix + "share", "it only with level site");
    if (at_least) return body::refuse(at_least, prefix + "at_least", "it only with level site");
    return {};
  }
  if (!share && !at_least) return body::refuse(share, prefix + "share", "share, at_least or both with level site");
  if (share) {
    const double parts = json::as<double>(*share).value_or(0) * 10'000;
    if (!(parts >= 1 && parts <= 10'000) || std::abs(parts - std::round(parts)) > 1e-6)
      return body::refuse(share, prefix + "share", "a number from 0.0001 to 1 with at most 4 decimals");
    rule.share = static_cast<std::uint32_t>(std::lround(parts));
  }
  if (at_least) {
    const auto count = json::as<std::uint64_t>(*at_least);
    if (!count || *count == 0 || *count > 1'000'000)
      return body::refuse(at_least, prefix + "at_least", "a whole number from 1 to 1000000");
    rule.at_least = static_cast<std::uint32_t>(*count);
  }
  return {};
}

/// `for`, `keep` and `remind`.
Result<void> decode_times(const body::Field& hold_for, const body::Field& keep, const body::Field& remind,
                          const std::string& prefix, alerts::Rule& rule) {
  const auto held = body::duration(hold_for, prefix + "for", 0, 7 * day, "from 0s to 7d");
  if (!held) return tl::unexpected(held.error());
  rule.hold_for = *held;
  if (keep) {
    const auto kept = body::duration(keep, prefix + "keep", 1'000, alerts::max_keep, "from 1s to 1h");
    if (!kept) return tl::unexpected(kept.error());
    rule.keep = *kept;
  }
  if (remind) {
    const auto every = body::duration(remind, prefix + "remind", 60'000, 30 * day, "from 1m to 30d, or null");
    if (!every) return tl::unexpected(every.error());
    rule.remind = *every;
  }
  return {};
}

Result<alerts::Rule> decode_rule(const json::Element& element, const std::string& path) {
  const auto object = json::as<json::Object>(element);
  if (!object) return body::refuse(element, path, "an object with name, level, when and for");
  const std::string prefix = path + ".";
  const auto fields = body::only_fields(*object, rule_fields, prefix);
  if (!fields) return tl::unexpected(fields.error());
  const auto& [name, level, when, hold_for, keep, severity, filter, share, at_least, remind, notify] = *fields;

  alerts::Rule rule;
  const auto text = name ? json::as<std::string_view>(*name) : std::nullopt;
  if (!text || text->size() > max_rule_name_bytes || !fleet::is_valid_name(*text))
    return body::refuse(name, prefix + "name", "a string of 1 to 64 bytes of UTF-8 without control characters");
  rule.name = *text;
  const auto level_index = body::choice(level, prefix + "level", levels);
  if (!level_index) return tl::unexpected(level_index.error());
  rule.level = static_cast<alerts::Level>(*level_index);
  if (const auto done = decode_when(when, prefix + "when", rule); !done) return tl::unexpected(done.error());
  if (const auto done = decode_times(hold_for, keep, remind, prefix, rule); !done) return tl::unexpected(done.error());
  if (severity) {
    const auto index = body::choice(severity, prefix + "severity", severities);
    if (!index) return tl::unexpected(index.error());
    rule.severity = static_cast<alerts::Severity>(*index);
  }
  auto scope = body::scope(filter, prefix + "filter");
  if (!scope) return tl::unexpected(scope.error());
  rule.filter = std::move(*scope);
  if (rule.filter.cameras && rule.level != alerts::Level::camera)
    return body::refuse(filter, prefix + "filter.cameras", "it only with level camera");
  if (const auto done = decode_threshold(share, at_least, prefix, rule); !done) return tl::unexpected(done.error());
  auto channels = body::names(notify, prefix + "notify", alerts::max_channels, false);
  if (!channels) return tl::unexpected(channels.error());
  rule.notify = std::move(*channels);
  return rule;
}

} // namespace

tl::expected<std::vector<alerts::Rule>, BadBody> decode_alert_rules(std::string_view text) {
  const auto object = body::parse(text);
  if (!object) return tl::unexpected(object.error());
  const auto fields = body::only_fields(*object, {"rules"}, "");
  if (!fields) return tl::unexpected(fields.error());
  const auto& [list] = *fields;
  const auto entries = list ? json::as<json::Array>(*list) : std::nullopt;
  if (!entries || entries->size() > alerts::max_rules)
    return body::refuse(list, "rules", "an array of at most " + std::to_string(alerts::max_rules) + " rules");
  std::vector<alerts::Rule> rules;
  std::set<std::string> known;
  for (const json::Element entry : *entries) {
    const std::string path = "rules[" + std::to_string(rules.size()) + "]";
    auto rule = decode_rule(entry, path);
    if (!rule) return tl::unexpected(std::move(rule.error()));
    if (!known.insert(rule->name).second)
      return body::refuse(wrong(path + ".name", "a name that no other rule has"), path + ".name");
    rules.push_back(std::move(*rule));
  }
  return rules;
}

} // namespace nvrhub::protocol
