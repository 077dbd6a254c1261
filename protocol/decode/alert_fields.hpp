#pragma once

// Private to protocol/: fields that alert rules and maintenance windows share.

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tl/expected.hpp>

#include "alerts/rule.hpp"
#include "fleet/names.hpp"
#include "protocol/byte_order_mark.hpp"
#include "protocol/decode/alerts.hpp"
#include "protocol/decode/expected.hpp"
#include "protocol/json/parser.hpp"

namespace nvrhub::protocol::body {

using Field = std::optional<json::Element>;
template <class T>
using Result = tl::expected<T, BadBody>;

inline tl::unexpected<BadBody> refuse(std::string message, std::string path = {}) {
  return tl::unexpected(BadBody{std::move(message), std::move(path)});
}

/// The field is missing, or its value is wrong.
inline tl::unexpected<BadBody> refuse(const Field& field, const std::string& path, std::string_view expected) {
  return refuse(missing_or_wrong(field, path, expected), path);
}

/// ", such as in `a, b, c`"
template <std::size_t N>
std::string list_of(const std::string_view (&names)[N]) {
  std::string list;
  for (const std::string_view name : names)
    list.append(list.empty() ? "" : ", ").append(name);
  return list;
}

/// The whole body, an object.
inline Result<json::Object> parse(std::string_view text) {
  if (const std::string_view why = wide_encoding(text); !why.empty()) return refuse("not JSON: " + std::string(why));
  auto document = json::parse(without_byte_order_mark(text));
  if (!document) return refuse(std::move(document.error()));
  const auto object = json::as<json::Object>(*document);
  if (!object) return refuse("expected a JSON object");
  return *object;
}

/// As json::fields(), and refuses fields of other names. `prefix` ends with a dot or is empty.
template <std::size_t N>
Result<std::array<Field, N>> only_fields(const json::Object& object, const std::string_view (&names)[N],
                                         const std::string& prefix) {
  for (const auto field : object) {
    if (std::find(std::begin(names), std::end(names), field.key) != std::end(names)) continue;
    const std::string path = prefix + std::string(field.key);
    return refuse(path + " is unknown: expected " + list_of(names), path);
  }
  return json::fields(object, names);
}

/// One of the texts, as its index.
template <std::size_t N>
Result<std::size_t> choice(const Field& field, const std::string& path, const std::string_view (&texts)[N]) {
  const auto text = field ? json::as<std::string_view>(*field) : std::nullopt;
  const auto found = text ? std::find(std::begin(texts), std::end(texts), *text) : std::end(texts);
  if (found == std::end(texts)) return refuse(field, path, "one of " + list_of(texts));
  return static_cast<std::size_t>(found - std::begin(texts));
}

/// "90s", "2m", "1h", "7d", in milliseconds; nothing if it has another form.
inline std::optional<fleet::WallMillis> parse_duration(std::string_view text) {
  fleet::WallMillis number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number < 0 || number > 1'000'000'000 || text.data() + text.size() - end != 1)
    return std::nullopt;
  switch (*end) {
  case 's':
    return number * 1'000;
  case 'm':
    return number * 60'000;
  case 'h':
    return number * 3'600'000;
  case 'd':
    return number * 86'400'000;
  default:
    return std::nullopt;
  }
}

/// A duration from `least` to `most`; `range` says so in words.
inline Result<fleet::WallMillis> duration(const Field& field, const std::string& path, fleet::WallMillis least,
                                          fleet::WallMillis most, std::string_view range) {
  const auto text = field ? json::as<std::string_view>(*field) : std::nullopt;
  const auto value = text ? parse_duration(*text) : std::nullopt;
  if (!value || *value < least || *value > most)
    return refuse(field, path, "a duration such as 90s, 5m, 2h or 1d, " + std::string(range));
  return *value;
}

/// A list of names, in their order. Nothing if the field is absent.
inline Result<std::optional<std::vector<std::string>>> names(const Field& field, const std::string& path,
                                                             std::size_t most, bool may_be_empty) {
  if (!field) return std::nullopt;
  const auto entries = json::as<json::Array>(*field);
  if (!entries || entries->size() > most)
    return refuse(field, path, "an array of at most " + std::to_string(most) + " strings, or null");
  std::vector<std::string> list;
  for (const json::Element entry : *entries) {
    const auto name = json::as<std::string_view>(entry);
    if (!name || !(fleet::is_valid_name(*name) || (may_be_empty && name->empty()))) {
      std::string place = path + "[" + std::to_string(list.size()) + "]";
      return refuse(entry, place, std::string(a_name) + (may_be_empty ? ", or an empty one for none" : ""));
    }
    list.emplace_back(*name);
  }
  return list;
}

/// `{"sites"?, "hostnames"?, "cameras"?}`; everything if it is absent.
inline Result<alerts::Scope> scope(const Field& field, const std::string& path) {
  alerts::Scope made;
  if (!field) return made;
  const auto object = json::as<json::Object>(*field);
  if (!object) return refuse(field, path, "an object with sites, hostnames or cameras, or null");
  const auto fields = only_fields(*object, {"sites", "hostnames", "cameras"}, path + ".");
  if (!fields) return tl::unexpected(fields.error());
  const auto& [sites, hostnames, cameras] = *fields;
  auto site_names = names(sites, path + ".sites", max_rule_names, true);
  if (!site_names) return tl::unexpected(site_names.error());
  auto nvr_names = names(hostnames, path + ".hostnames", max_rule_names, false);
  if (!nvr_names) return tl::unexpected(nvr_names.error());
  auto globs = names(cameras, path + ".cameras", max_rule_names, false);
  if (!globs) return tl::unexpected(globs.error());
  made = {std::move(*site_names), std::move(*nvr_names), std::move(*globs)};
  for (auto* list : {&made.sites, &made.hostnames}) {
    if (!*list) continue;
    std::sort((*list)->begin(), (*list)->end());
    (*list)->erase(std::unique((*list)->begin(), (*list)->end()), (*list)->end());
  }
  return made;
}

} // namespace nvrhub::protocol::body
