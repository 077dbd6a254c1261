#include "protocol/json/members.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace nvrhub::protocol::json {

namespace {

// The text is valid JSON: every index below stays inside of it, because its first and last token are braces.

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool ends_literal(char c) {
  return is_space(c) || c == ',' || c == ':' || c == '{' || c == '}' || c == '[' || c == ']';
}

std::size_t skip_spaces(std::string_view text, std::size_t at) {
  while (is_space(text[at]))
    ++at;
  return at;
}

/// As skip_spaces(), towards the beginning; positions are past the end of a token.
std::size_t skip_spaces_back(std::string_view text, std::size_t end) {
  while (is_space(text[end - 1]))
    --end;
  return end;
}

/// The end of the scalar that begins at `begin`.
std::optional<std::size_t> end_of_scalar(std::string_view text, std::size_t begin) {
  if (text[begin] == '{' || text[begin] == '[') return std::nullopt;
  std::size_t end = begin + 1;
  if (text[begin] == '"') {
    end = text.find('"', end);
    if (text[end - 1] == '\\') return std::nullopt;
    return end + 1;
  }
  while (!ends_literal(text[end]))
    ++end;
  return end;
}

/// The begin of the scalar that ends at `end`. In valid JSON a quote without a backslash before it delimits a string.
std::optional<std::size_t> begin_of_scalar(std::string_view text, std::size_t end) {
  if (text[end - 1] == '}' || text[end - 1] == ']' || text[end - 1] == '{') return std::nullopt;
  std::size_t begin = end - 1;
  if (text[begin] == '"') {
    if (text[begin - 1] == '\\') return std::nullopt;
    begin = text.rfind('"', begin - 1);
    if (text[begin - 1] == '\\') return std::nullopt;
    return begin;
  }
  while (!ends_literal(text[begin - 1]))
    --begin;
  return begin;
}

/// `begin` and `end` are those of a string.
bool is_string(std::string_view text, std::size_t begin, std::size_t end, std::string_view content) {
  return text.substr(begin + 1, end - begin - 2) == content;
}

ByteRange range(std::size_t begin, std::size_t end) {
  return {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)};
}

std::optional<ByteRange> locate_from_front(std::string_view text, std::string_view key) {
  std::size_t at = skip_spaces(text, 0); // at the opening brace, later at a comma
  do {
    const std::size_t key_begin = skip_spaces(text, at + 1);
    const auto key_end = end_of_scalar(text, key_begin);
    if (!key_end) return std::nullopt;
    const std::size_t begin = skip_spaces(text, skip_spaces(text, *key_end) + 1);
    const auto end = end_of_scalar(text, begin);
    if (!end) return std::nullopt;
    if (is_string(text, key_begin, *key_end, key)) return range(begin, *end);
    at = skip_spaces(text, *end);
  } while (text[at] == ',');
  return std::nullopt;
}

std::optional<ByteRange> locate_from_back(std::string_view text, std::string_view key) {
  std::size_t at = skip_spaces_back(text, text.size()) - 1; // at the closing brace, later at a comma
  do {
    const std::size_t end = skip_spaces_back(text, at);
    const auto begin = begin_of_scalar(text, end);
    if (!begin) return std::nullopt;
    const std::size_t key_end = skip_spaces_back(text, skip_spaces_back(text, *begin) - 1);
    const auto key_begin = begin_of_scalar(text, key_end);
    if (!key_begin) return std::nullopt;
    if (is_string(text, *key_begin, key_end, key)) return range(*begin, end);
    at = skip_spaces_back(text, *key_begin) - 1;
  } while (text[at] == ',');
  return std::nullopt;
}

} // namespace

std::optional<ByteRange> locate(std::string_view text, const Object& object, std::string_view key) {
  if (text.size() > UINT32_MAX) return std::nullopt;
  if (std::count_if(object.begin(), object.end(), [key](const auto& field) { return field.key == key; }) != 1) {
    return std::nullopt;
  }
  const auto found = locate_from_front(text, key);
  return found ? found : locate_from_back(text, key);
}

} // namespace nvrhub::protocol::json
