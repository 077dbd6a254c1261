#include "app/cli/notify_config.hpp"

#include <charconv>

#include <CLI/CLI.hpp>

#include "app/cli/types.hpp"
#include "protocol/decode/alerts.hpp"

namespace nvrhub::app {

namespace {

std::string in_alert(const notify::Configuration& configuration, std::size_t index, const std::string& why) {
  const std::string line =
      index < configuration.alert_lines.size() ? "line " + std::to_string(configuration.alert_lines[index]) + ": " : "";
  return line + "[[alert]]: " + why;
}

/// A field of the decoder, such as rules[2].for, becomes the line of that table and the key.
std::string explain_rule(const protocol::BadBody& error, const notify::Configuration& configuration) {
  constexpr std::string_view prefix = "rules[";
  std::size_t index = 0;
  const std::string_view field = error.field;
  const std::size_t end = field.find(']');
  if (!field.starts_with(prefix) || end == std::string_view::npos) return in_alert(configuration, 0, error.message);
  std::from_chars(field.data() + prefix.size(), field.data() + end, index);
  std::string message = error.message;
  const std::string path = std::string(field.substr(0, end + 1)) + ".";
  for (std::size_t at = message.find(path); at != std::string::npos; at = message.find(path))
    message.erase(at, path.size());
  return in_alert(configuration, index, message);
}

/// Rules may notify channels that come later, but not in one file with all channels.
tl::expected<void, std::string> check_rules(const notify::Configuration& configuration) {
  if (configuration.alerts_json.empty()) return {};
  const auto rules = protocol::decode_alert_rules(configuration.alerts_json);
  if (!rules) return tl::make_unexpected(explain_rule(rules.error(), configuration));
  for (std::size_t i = 0; i < rules->size(); ++i) {
    for (const std::string& name : (*rules)[i].notify.value_or(std::vector<std::string>{})) {
      if (configuration.find(name) == nullptr)
        return tl::make_unexpected(in_alert(configuration, i, "notify: no [[channel]] has the name \"" + name + "\""));
    }
  }
  return {};
}

} // namespace

tl::expected<notify::Configuration, std::string> read_notify_config(const std::string& file) {
  std::string text;
  try {
    text = read_config_file(file);
  } catch (const CLI::Error& error) {
    return tl::make_unexpected(std::string(error.what()));
  }
  auto configuration = notify::parse_config(notify::split_config(text).tables);
  if (!configuration) return tl::make_unexpected(file + ": " + configuration.error());
  if (const auto checked = check_rules(*configuration); !checked)
    return tl::make_unexpected(file + ": " + checked.error());
  return std::move(*configuration);
}

} // namespace nvrhub::app
