#include "app/log/format.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <type_traits>
#include <variant>

#include "protocol/json/writer.hpp"

namespace nvrhub::app {

namespace {

/// A JSON string, quotes included.
std::string quoted(std::string_view text) {
  protocol::Writer writer;
  std::string json = writer.value(text).take();
  for (std::size_t at = 0;
       (at = json.find('\x7F', at)) != std::string::npos;) // JSON permits DEL unescaped; a terminal interprets it
    json.replace(at, 1, "\\u007f");
  return json;
}

bool is_bare(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return c > ' ' && c < '\x7F' && c != '"' && c != '=' && c != '\\';
  });
}

std::string number(double value) {
  if (!std::isfinite(value)) return "null";
  std::array<char, 32> digits{};
  auto* const end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  return {digits.data(), end};
}

std::string format_value(LogFormat format, const actors::Field::Value& value, std::size_t max_text) {
  return std::visit(
      [format, max_text](const auto& content) -> std::string {
        using Content = std::decay_t<decltype(content)>;
        if constexpr (std::is_same_v<Content, std::string_view>) {
          const std::string_view text = content.substr(0, max_text);
          return format == LogFormat::text && is_bare(text) ? std::string(text) : quoted(text);
        } else if constexpr (std::is_same_v<Content, bool>) {
          return content ? "true" : "false";
        } else if constexpr (std::is_same_v<Content, double>) {
          return number(content);
        } else {
          return std::to_string(content);
        }
      },
      value);
}

/// A message with control characters escaped as in JSON. Quotes and backslashes stay: they are harmless in text lines.
std::string escaped(std::string_view message) {
  const std::string json = quoted(message);
  std::string text;
  for (std::size_t i = 1; i + 1 < json.size(); ++i) {
    if (json[i] == '\\' && (json[i + 1] == '"' || json[i + 1] == '\\')) ++i;
    text += json[i];
  }
  return text;
}

} // namespace

std::string log_payload(LogFormat format, std::string_view kind, std::string_view message,
                        std::span<const actors::Field> fields, std::size_t max_text) {
  message = message.substr(0, max_text);
  const bool json = format == LogFormat::json;
  std::string line =
      json ? "\"event\":" + quoted(kind.substr(0, max_text)) + ",\"message\":" + quoted(message) : escaped(message);
  for (const actors::Field& field : fields) {
    line += json ? ",\"" : " ";
    line += field.name;
    line += json ? "\":" : "=";
    line += format_value(format, field.value, max_text);
  }
  return line;
}

} // namespace nvrhub::app
