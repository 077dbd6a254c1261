#include "notify/render/escape.hpp"

#include <nlohmann/json.hpp>

namespace nvrhub::notify {

namespace {

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

template <class Replacement> // char -> const char*, or null: as it is
std::string replaced(std::string_view text, Replacement replacement) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (const char* const other = replacement(c)) {
      out += other;
    } else {
      out += c;
    }
  }
  return out;
}

constexpr const char* zero_width_space = "\xE2\x80\x8B";

} // namespace

std::string single_line(std::string_view text) {
  return replaced(text, [](char c) { return is_control(c) ? " " : nullptr; });
}

std::string printable_ascii(std::string_view text) {
  return replaced(text, [](char c) {
    return is_control(c) ? " " : static_cast<unsigned char>(c) >= 0x80 ? "?" : nullptr;
  });
}

std::string shortened(std::string_view text, std::size_t max_bytes) {
  constexpr std::string_view ellipsis = "…";
  if (text.size() <= max_bytes) return std::string(text);
  std::size_t size = max_bytes - ellipsis.size();
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80)
    --size;
  return std::string(text.substr(0, size)) + std::string(ellipsis);
}

std::string html_escaped(std::string_view text) {
  return replaced(text, [](char c) {
    return c == '&'    ? "&amp;"
           : c == '<'  ? "&lt;"
           : c == '>'  ? "&gt;"
           : c == '"'  ? "&quot;"
           : c == '\'' ? "&#39;"
                       : nullptr;
  });
}

std::string json_escaped(std::string_view text) {
  const std::string quoted =
      nlohmann::json(std::string(text)).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return quoted.substr(1, quoted.size() - 2);
}

std::string slack_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
    case '&':
      out += "&amp;";
      break;
    case '<':
      out += "&lt;";
      break;
    case '>':
      out += "&gt;";
      break;
    default:
      out += c;
      if (c == '@' || c == ']') out += zero_width_space; // @all and [text](link) of Mattermost
    }
  }
  return out;
}

std::string discord_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("\\*_~`|<>[]()#:").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

} // namespace nvrhub::notify
