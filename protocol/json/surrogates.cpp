#include "protocol/json/surrogates.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>

namespace nvrhub::protocol::json {

namespace {

constexpr std::size_t escape_bytes = 6; // \uD83C

/// The code unit of the escape at `at`, if it is one of the form \uXXXX.
std::optional<std::uint16_t> code_unit(std::string_view text, std::size_t at) {
  const std::string_view escape = text.substr(std::min(at, text.size()), escape_bytes);
  if (escape.size() < escape_bytes || !escape.starts_with("\\u")) return std::nullopt;
  std::uint16_t unit = 0;
  const char* const last = escape.data() + escape.size();
  const auto [end, error] = std::from_chars(escape.data() + 2, last, unit, 16);
  if (error != std::errc() || end != last) return std::nullopt;
  return unit;
}

bool is_high(std::uint16_t unit) {
  return unit >= 0xD800 && unit < 0xDC00;
}

bool is_low(std::uint16_t unit) {
  return unit >= 0xDC00 && unit < 0xE000;
}

} // namespace

bool replace_lone_surrogates(std::string& text) {
  bool replaced = false;
  for (std::size_t at = text.find('\\'); at != std::string::npos; at = text.find('\\', at)) {
    const auto unit = code_unit(text, at);
    if (!unit) {
      at += 2; // an escape of one character, which may be a backslash
    } else if (is_high(*unit) && is_low(code_unit(text, at + escape_bytes).value_or(0))) {
      at += 2 * escape_bytes;
    } else {
      if (is_high(*unit) || is_low(*unit)) {
        text.replace(at, escape_bytes, "\\u0000");
        replaced = true;
      }
      at += escape_bytes;
    }
  }
  return replaced;
}

} // namespace nvrhub::protocol::json
