#include "protocol/json/numbers.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>

namespace nvrhub::protocol::json {

namespace {

/// Skips digits; false if there are none.
bool skip_digits(std::string_view& rest) {
  const auto end = std::min(rest.find_first_not_of("0123456789"), rest.size());
  rest.remove_prefix(end);
  return end > 0;
}

bool is_number(std::string_view token) {
  if (token.starts_with('-')) token.remove_prefix(1);
  if (token.starts_with('0')) {
    token.remove_prefix(1);
  } else if (!skip_digits(token)) {
    return false;
  }
  if (token.starts_with('.')) {
    token.remove_prefix(1);
    if (!skip_digits(token)) return false;
  }
  if (token.starts_with('e') || token.starts_with('E')) {
    token.remove_prefix(1);
    if (token.starts_with('+') || token.starts_with('-')) token.remove_prefix(1);
    if (!skip_digits(token)) return false;
  }
  return token.empty();
}

bool is_zero(std::string_view token) {
  return token.substr(0, token.find_first_of("eE")).find_first_of("123456789") == std::string_view::npos;
}

template <class Integer>
bool holds(std::string_view token) {
  Integer value{};
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), value);
  return error == std::errc() && end == token.data() + token.size();
}

/// The position after the string that starts at `at`, or the end of the text.
std::size_t after_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return std::min(at + 1, text.size());
}

} // namespace

std::string narrow_numbers(std::string_view text) {
  std::string narrowed(text);
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '"') {
      at = after_string(text, at);
      continue;
    }
    if (text[at] != '-' && (text[at] < '0' || text[at] > '9')) {
      ++at;
      continue;
    }
    const std::size_t end = std::min(text.find_first_not_of("0123456789+-.eE", at), text.size());
    const std::string_view token = text.substr(at, end - at);
    if (is_number(token) && !holds<std::int64_t>(token) && !holds<std::uint64_t>(token)) {
      // It has at least three bytes, as any fraction, exponent or integer of more than 64 bits.
      narrowed.replace(at, token.size(), (is_zero(token) ? "0.0" : "0.5") + std::string(token.size() - 3, ' '));
    }
    at = end;
  }
  return narrowed;
}

} // namespace nvrhub::protocol::json
