#include "api/header_list.hpp"

#include <algorithm>
#include <charconv>

namespace nvrhub::api {

namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

/// The length of the quoted string that `text` begins with; all of `text` if its end is missing.
std::size_t quoted_length(std::string_view text) {
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      return at + 1;
    }
  }
  return text.size();
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  const auto add = [&parts](std::string_view part) {
    if (const std::string_view trim = trimmed(part); !trim.empty()) parts.push_back(trim);
  };
  std::size_t begin = 0;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == separator) {
      add(text.substr(begin, at - begin));
      begin = at + 1;
    }
    at += text[at] == '"' ? quoted_length(text.substr(at)) : 1;
  }
  add(text.substr(begin));
  return parts;
}

} // namespace

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

bool is_same_token(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

std::vector<std::string_view> list_elements(std::string_view value) {
  return split(value, ',');
}

std::vector<std::string_view> parameters_of(std::string_view element) {
  return split(element, ';');
}

bool has_token(std::string_view value, std::string_view token) {
  const auto elements = list_elements(value);
  return std::any_of(elements.begin(), elements.end(), [token](auto one) { return is_same_token(one, token); });
}

std::optional<double> weight_of(std::string_view value, std::string_view token) {
  std::optional<double> weight;
  for (const std::string_view element : list_elements(value)) {
    const auto parts = parameters_of(element);
    if (parts.empty() || !is_same_token(parts.front(), token)) continue;
    weight = 1;
    for (const std::string_view part : parts) {
      if (!is_same_token(part.substr(0, 2), "q=")) continue;
      const std::string_view number = trimmed(part.substr(2));
      double parsed = 0;
      const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), parsed);
      const bool is_number = error == std::errc() && end == number.data() + number.size();
      weight = is_number && parsed > 0 ? std::min(parsed, 1.0) : 0;
    }
  }
  return weight;
}

} // namespace nvrhub::api
