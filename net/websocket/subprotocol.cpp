#include "net/websocket/subprotocol.hpp"

#include <algorithm>
#include <cctype>
#include <vector>

namespace nvrhub::net {

namespace {

std::string_view without_blanks(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// RFC 9110, 5.6.2.
bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return c < 0x80 && (std::isalnum(c) != 0 ||
                        std::string_view("!#$%&'*+-.^_`|~").find(static_cast<char>(c)) != std::string_view::npos);
  });
}

} // namespace

tl::expected<std::string_view, std::string> choose_subprotocol(std::string_view offered) {
  std::vector<std::string_view> names;
  for (std::string_view rest = offered;;) {
    const std::size_t comma = rest.find(',');
    const std::string_view name = without_blanks(rest.substr(0, comma));
    if (!is_token(name)) {
      return tl::make_unexpected("Sec-WebSocket-Protocol: expected names without spaces, separated by commas");
    }
    names.push_back(name);
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  const std::string_view first = names.front();
  std::sort(names.begin(), names.end()); // up to 8,000 names fit into a request
  if (const auto twice = std::adjacent_find(names.begin(), names.end()); twice != names.end()) {
    return tl::make_unexpected("Sec-WebSocket-Protocol: " + std::string(*twice) + " is offered twice");
  }
  return first;
}

} // namespace nvrhub::net
