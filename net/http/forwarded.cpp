#include "net/http/forwarded.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include "api/header_list.hpp"

namespace nvrhub::net {

namespace {

using boost::asio::ip::address;

/// Removes the last element from `line` and returns it without the blanks around it. Quotes are matched from the end
/// too: those that a client sent cannot swallow the elements that proxies appended.
std::string_view take_last_element(std::string_view& line) {
  const auto backslashes_before = [&line](std::size_t at) {
    const std::size_t other = line.substr(0, at).find_last_not_of('\\');
    return at - (other == std::string_view::npos ? 0 : other + 1);
  };
  std::size_t begin = line.size();
  for (bool is_quoted = false; begin > 0; --begin) {
    const char c = line[begin - 1];
    if (c == '"' && (!is_quoted || backslashes_before(begin - 1) % 2 == 0)) is_quoted = !is_quoted;
    if (c == ',' && !is_quoted) break;
  }
  const std::string_view element = line.substr(begin);
  line = line.substr(0, begin == 0 ? 0 : begin - 1);
  return api::trimmed(element);
}

/// The text of a quoted string, any other text as it is. nullopt: the quotes do not match.
std::optional<std::string> unquoted(std::string_view text) {
  if (!text.starts_with('"')) return std::string(text);
  std::string value;
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (text[at] == '"') return at + 1 == text.size() ? std::optional(value) : std::nullopt;
    if (text[at] == '\\' && ++at == text.size()) return std::nullopt;
    value.push_back(text[at]);
  }
  return std::nullopt;
}

/// ":" and a number, or a name that hides it ("_x", RFC 7239, 6).
bool is_port(std::string_view text) {
  if (text.size() < 2 || text.front() != ':') return false;
  const std::string_view port = text.substr(1);
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto is_name = [&is_digit](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '-';
  };
  if (port.front() == '_') return port.size() > 1 && std::all_of(port.begin(), port.end(), is_name);
  return port.size() <= 5 && std::all_of(port.begin(), port.end(), is_digit);
}

/// "192.0.2.1", "192.0.2.1:4711", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:4711", each also in quotes. A zone
/// ("%eth0") has a meaning only on the proxy.
std::optional<address> parse_node(std::string_view element) {
  const std::optional<std::string> node = unquoted(element);
  if (!node) return std::nullopt;
  std::string_view host = *node;
  std::string_view port;
  if (host.starts_with('[')) {
    const std::size_t end = host.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    port = host.substr(end + 1);
    host = host.substr(1, end - 1);
  } else if (const std::size_t colon = host.find(':'); colon != std::string_view::npos && colon == host.rfind(':')) {
    port = host.substr(colon);
    host = host.substr(0, colon);
  }
  if (!port.empty() && !is_port(port)) return std::nullopt;
  if (host.find(':') != std::string_view::npos) host = host.substr(0, host.find('%'));
  boost::system::error_code error;
  const address parsed = boost::asio::ip::make_address(std::string(host), error);
  return error ? std::nullopt : std::optional(unmap_v4(parsed));
}

/// The `for` of an element of Forwarded: "for=192.0.2.43;proto=https". nullopt: none, or several.
std::optional<std::string_view> for_parameter(std::string_view element) {
  std::optional<std::string_view> found;
  for (const std::string_view pair : api::parameters_of(element)) {
    if (!api::is_same_token(pair.substr(0, 4), "for=")) continue;
    if (found) return std::nullopt;
    found = pair.substr(4);
  }
  return found;
}

std::optional<address> address_in(std::string_view element, ProxyHeader source) {
  if (source == ProxyHeader::x_forwarded_for) return parse_node(element);
  const auto node = for_parameter(element);
  return node ? parse_node(*node) : std::nullopt;
}

} // namespace

ForwardedClient forwarded_client(const HttpRequest& request, ProxyHeader source, const Networks& trusted) {
  const char* const name = source == ProxyHeader::forwarded ? "Forwarded" : "X-Forwarded-For";
  std::vector<std::string_view> lines; // a proxy appends to the last line, or a line
  const auto found = request.equal_range(name);
  for (auto line = found.first; line != found.second; ++line)
    lines.emplace_back(line->value().data(), line->value().size());
  ForwardedClient client;
  while (!lines.empty()) {
    const std::string_view element = take_last_element(lines.back());
    if (lines.back().empty()) lines.pop_back();
    if (element.empty()) continue;
    const auto hop = address_in(element, source);
    if (!hop) {
      client.unreadable = element;
      return client;
    }
    client.address = hop;
    if (!trusted.contains(*hop)) return client;
  }
  return client;
}

} // namespace nvrhub::net
