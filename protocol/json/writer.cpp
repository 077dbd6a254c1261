#include "protocol/json/writer.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include "fleet/names.hpp"

namespace nvrhub::protocol {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

/// Bytes that need no escape inside a string: nearly all of a text.
constexpr auto plain = [] {
  std::array<bool, 256> table{};
  for (std::size_t c = 0x20; c < 0x80; ++c)
    table[c] = c != '"' && c != '\\';
  return table;
}();

void append_escaped(std::string& out, unsigned char c) {
  constexpr std::string_view hex = "0123456789abcdef";
  switch (c) {
  case '"':
    out += "\\\"";
    return;
  case '\\':
    out += "\\\\";
    return;
  case '\n':
    out += "\\n";
    return;
  case '\r':
    out += "\\r";
    return;
  case '\t':
    out += "\\t";
    return;
  default:
    out.append("\\u00").append(1, hex[c >> 4]).append(1, hex[c & 0xFU]);
  }
}

/// The bytes of the non-ASCII character at `at`; empty if it is malformed.
std::string_view wide_character(std::string_view text, std::size_t at) {
  for (std::size_t length = 2; length <= 4; ++length) {
    const auto bytes = text.substr(at, length);
    if (fleet::is_utf8(bytes)) return bytes;
  }
  return {};
}

} // namespace

Writer& Writer::key(std::string_view name) {
  separate();
  out_.append(1, '"').append(name).append("\":");
  return *this;
}

Writer& Writer::value(std::string_view text) {
  separate();
  out_ += '"';
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t run = at;
    while (at < text.size() && plain[static_cast<unsigned char>(text[at])])
      ++at;
    out_.append(text, run, at - run);
    if (at == text.size()) break;
    if (const auto c = static_cast<unsigned char>(text[at]); c < 0x80) {
      append_escaped(out_, c);
      ++at;
    } else {
      const auto character = wide_character(text, at);
      out_.append(character.empty() ? replacement : character);
      at += std::max<std::size_t>(character.size(), 1);
    }
  }
  out_ += '"';
  return *this;
}

Writer& Writer::raw(std::string_view json) {
  separate();
  out_.append(json);
  return *this;
}

Writer& Writer::text_or_null(std::string_view name, std::string_view text) {
  key(name);
  return text.empty() ? null() : value(text);
}

Writer& Writer::open(char bracket) {
  separate();
  out_ += bracket;
  return *this;
}

Writer& Writer::close(char bracket) {
  out_ += bracket;
  return *this;
}

/// Adds a comma unless this is the first value. A string ends in a quote, so the last byte decides.
void Writer::separate() {
  if (out_.empty()) return;
  const char last = out_.back();
  if (last != '{' && last != '[' && last != ':') out_ += ',';
}

} // namespace nvrhub::protocol
