#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

#include <nlohmann/json.hpp>

#include "fuzz/support/must.hpp"

namespace nvrhub::fuzz {

/// Whether nlohmann/json must agree with the decoders on this text. It ends a text at a NUL, skips a byte order mark,
/// rejects lone surrogates and numbers outside a double's range, and does not limit the depth.
inline bool is_comparable(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF") || text.find('\0') != std::string_view::npos) return false;
  if (text.find("\\ud") != std::string_view::npos || text.find("\\uD") != std::string_view::npos) return false;
  const auto opens = std::count_if(text.begin(), text.end(), [](char c) { return c == '[' || c == '{'; });
  if (opens > 1000) return false;
  for (std::size_t at = text.find_first_of("eE"); at != std::string_view::npos; at = text.find_first_of("eE", at + 1)) {
    const char before = at == 0 ? '\0' : text[at - 1];
    if ((before >= '0' && before <= '9') || before == '.') return false; // may be an exponent
  }
  std::size_t digits = 0;
  for (const char c : text) {
    digits = c >= '0' && c <= '9' ? digits + 1 : 0;
    if (digits > 300) return false;
  }
  return true;
}

/// The decoders read JSON with simdjson: nlohmann/json must accept the same texts.
inline void must_agree_on_json(std::string_view text, bool is_json) {
  if (!is_comparable(text)) return;
  must(nlohmann::json::accept(text.begin(), text.end()) == is_json, "simdjson and nlohmann/json accept the same texts",
       text);
}

/// A text that the server sends must be JSON. Returns its value.
inline nlohmann::json must_be_json(std::string_view text) {
  auto value = nlohmann::json::parse(text.begin(), text.end(), nullptr, false);
  must(!value.is_discarded(), "a sent text is JSON", text);
  return value;
}

} // namespace nvrhub::fuzz
