#include "notify/config/mail_address.hpp"

#include <algorithm>
#include <string_view>

#include "notify/render/escape.hpp"

namespace nvrhub::notify {

namespace {

constexpr std::size_t max_address = 254; // RFC 5321

/// A dot-atom at a host. Quoted local parts and address literals are not accepted: nothing in it has a meaning in SMTP
/// or in a header.
bool is_address(std::string_view text) {
  const std::size_t at = text.find('@');
  if (at == 0 || at == std::string_view::npos || at + 1 == text.size() || text.size() > max_address) return false;
  if (text.find('@', at + 1) != std::string_view::npos) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return c > ' ' && c < '\x7F' && std::string_view("()<>[]:;\\,\"").find(c) == std::string_view::npos;
  });
}

} // namespace

std::optional<MailAddress> parse_mail_address(const std::string& text) {
  if (single_line(text) != text) return std::nullopt;
  const std::size_t open = text.find('<');
  if (open == std::string::npos) {
    if (!is_address(text)) return std::nullopt;
    return MailAddress{{}, text};
  }
  if (!text.ends_with('>')) return std::nullopt;
  MailAddress parsed{text.substr(0, open), text.substr(open + 1, text.size() - open - 2)};
  parsed.name.erase(parsed.name.find_last_not_of(' ') + 1);
  if (!is_address(parsed.address)) return std::nullopt;
  return parsed;
}

} // namespace nvrhub::notify
