#include "notify/render/mime.hpp"

#include <algorithm>

#include "notify/base64.hpp"
#include "notify/render/escape.hpp"

namespace nvrhub::notify {

namespace {

constexpr std::size_t max_line = 76;
constexpr std::size_t max_word_bytes = 42; // an encoded word has at most 75 characters, "=?UTF-8?B?" and "?=" included

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// Encoded words with folds between them; no character is divided.
std::string encoded_words(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    std::size_t size = std::min(text.size(), max_word_bytes);
    while (size < text.size() && size > 1 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80)
      --size;
    out += (out.empty() ? "=?UTF-8?B?" : "\r\n =?UTF-8?B?") + to_base64(text.substr(0, size)) + "?=";
    text.remove_prefix(size);
  }
  return out;
}

/// Folds at spaces. A word that is longer than a line stays whole.
std::string folded(std::string_view name, std::string_view text) {
  std::string out(name);
  out += ':';
  std::size_t width = out.size();
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string_view word = text.substr(at, end - at);
    if (width + 1 + word.size() > max_line && width > name.size() + 1 && !word.empty()) {
      out += "\r\n";
      width = 0;
    }
    out += ' ';
    out += word;
    width += 1 + word.size();
    at = end + 1;
  }
  return out + "\r\n";
}

} // namespace

std::string header_field(std::string_view name, std::string_view text) {
  const std::string line = single_line(text);
  // "=?" in a name would be read as an encoded word; a word without end could exceed the 998 bytes of a line.
  const bool is_plain = is_ascii(line) && line.find("=?") == std::string::npos && line.size() < 900;
  return is_plain ? folded(name, line) : std::string(name) + ": " + encoded_words(line) + "\r\n";
}

std::string mailbox(std::string_view name, std::string_view address) {
  if (name.empty()) return std::string(address);
  const std::string line = single_line(name);
  if (!is_ascii(line) || line.find("=?") != std::string::npos)
    return encoded_words(line) + "\r\n <" + std::string(address) + ">";
  std::string quoted = "\"";
  for (const char c : line) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\" <" + std::string(address) + ">";
}

std::string header_list(std::string_view name, const std::vector<std::string>& items, std::string_view separator) {
  std::string text;
  for (const std::string& item : items) {
    if (!text.empty()) text += std::string(separator) + " ";
    text += item;
  }
  return folded(name, text);
}

std::string quoted_printable(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  std::size_t width = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n') {
      out += "\r\n";
      width = 0;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    const bool ends_line = i + 1 == text.size() || text[i + 1] == '\n';
    const bool is_literal = (byte > ' ' && byte < 0x7F && c != '=') || (c == ' ' && !ends_line);
    const std::size_t size = is_literal ? 1 : 3;
    if (width + size > max_line - 1) { // room for the "=" of a soft break
      out += "=\r\n";
      width = 0;
    }
    out += is_literal ? std::string(1, c) : std::string{'=', digits[byte >> 4], digits[byte & 15]};
    width += size;
  }
  if (width > 0) out += "\r\n";
  return out;
}

} // namespace nvrhub::notify
