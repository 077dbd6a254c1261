#include "notify/config/config.hpp"

#include <algorithm>

#include "alerts/rule.hpp"
#include "notify/config/channel_table.hpp"
#include "notify/render/escape.hpp"
#include "notify/render/json_text.hpp"

namespace nvrhub::notify {

namespace {

template <class T>
using Result = tl::expected<T, std::string>;

/// TOML as JSON. A date or time has none: JSON takes it as a string, which the decoder refuses with the field's name.
Json to_json(const toml::node& node) {
  if (const toml::table* const table = node.as_table()) {
    Json object = Json::object();
    for (const auto& [key, value] : *table)
      object[std::string(key.str())] = to_json(value);
    return object;
  }
  if (const toml::array* const array = node.as_array()) {
    Json list = Json::array();
    for (const toml::node& entry : *array)
      list.push_back(to_json(entry));
    return list;
  }
  if (const auto text = node.value_exact<std::string>()) return *text;
  if (const auto truth = node.value_exact<bool>()) return *truth;
  if (const auto number = node.value_exact<std::int64_t>()) return *number;
  if (const auto number = node.value_exact<double>()) return *number;
  return "(a date or time)";
}

/// The tables of [[name]]; an error if `name` is something else.
Result<std::vector<const toml::table*>> tables_of(const toml::table& root, std::string_view name) {
  std::vector<const toml::table*> tables;
  const toml::node* const node = root.get(name);
  if (node == nullptr) return tables;
  const std::string header(name);
  const auto refuse = [&](const toml::node& at) {
    return tl::make_unexpected(line_prefix(at.source()) + header + ": expected [[" + header +
                               "]], with two brackets, for each one");
  };
  const toml::array* const array = node->as_array();
  if (array == nullptr) return refuse(*node);
  for (const toml::node& entry : *array) {
    if (!entry.is_table()) return refuse(entry);
    tables.push_back(entry.as_table());
  }
  return tables;
}

Result<std::vector<Channel>> read_channels(const toml::table& root) {
  const auto tables = tables_of(root, "channel");
  if (!tables) return tl::make_unexpected(tables.error());
  std::vector<Channel> channels;
  for (const toml::table* const table : *tables) {
    TableReader reader(*table, "[[channel]]");
    Channel channel = read_channel(reader);
    const auto has_its_name = [&channel](const Channel& other) { return other.name == channel.name; };
    if (std::any_of(channels.begin(), channels.end(), has_its_name))
      reader.expect("name", "a name that no other channel has");
    if (channels.size() == alerts::max_channels)
      reader.expect("name", "at most " + std::to_string(alerts::max_channels) + " channels");
    if (!reader.error().empty()) return tl::make_unexpected(reader.error());
    channels.push_back(std::move(channel));
  }
  return channels;
}

Result<void> read_alerts(const toml::table& root, Configuration& configuration) {
  const auto tables = tables_of(root, "alert");
  if (!tables) return tl::make_unexpected(tables.error());
  if (tables->empty()) return {};
  Json rules = Json::array();
  for (const toml::table* const table : *tables) {
    rules.push_back(to_json(*table));
    configuration.alert_lines.push_back(static_cast<unsigned>(table->source().begin.line));
  }
  configuration.alerts_json = json_text(Json{{"rules", std::move(rules)}});
  return {};
}

} // namespace

tl::expected<Configuration, std::string> parse_config(const std::string& tables) {
  toml::table root;
  try {
    root = toml::parse(tables);
  } catch (const toml::parse_error& error) {
    return tl::make_unexpected(line_prefix(error.source()) + single_line(error.description()));
  }
  for (const auto& [key, node] : root) {
    if (key.str() == "channel" || key.str() == "alert") continue;
    return tl::make_unexpected(line_prefix(node.source()) + "unknown table [" + single_line(key.str()) +
                               "]: expected [[channel]] or [[alert]]");
  }
  Configuration configuration;
  auto channels = read_channels(root);
  if (!channels) return tl::make_unexpected(channels.error());
  configuration.channels = std::move(*channels);
  if (const auto read = read_alerts(root, configuration); !read) return tl::make_unexpected(read.error());
  return configuration;
}

} // namespace nvrhub::notify
