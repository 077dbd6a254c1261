#include "client/address.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdint>

#include <boost/url/params_encoded_view.hpp>
#include <boost/url/parse_query.hpp>

namespace nvrhub::client {

namespace {

using Error = tl::unexpected<std::string>;

constexpr std::string_view expected_forms =
    "expected HOST:PORT, [IPV6]:PORT or a URL, such as 127.0.0.1:8080 or https://hub.example";

bool is_port(std::string_view text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number > 0 && number <= 65'535;
}

bool is_host(std::string_view text) {
  const auto is_allowed = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x80 || std::isalnum(byte) != 0 || c == '.' || c == '-' || c == '_';
  };
  return !text.empty() && std::all_of(text.begin(), text.end(), is_allowed);
}

bool is_v6(std::string_view text) {
  const std::string_view address = text.substr(0, text.find('%')); // the rest is the zone
  const auto is_allowed = [](char c) {
    return std::isxdigit(static_cast<unsigned char>(c)) != 0 || c == ':' || c == '.';
  };
  return address.find(':') != std::string_view::npos && std::all_of(address.begin(), address.end(), is_allowed);
}

/// Sets tls or plain and removes the scheme from `rest`. Returns the default port, or an error.
tl::expected<std::string, std::string> take_scheme(std::string_view& rest, Address& address) {
  const std::size_t end = rest.find("://");
  if (end == std::string_view::npos || rest.substr(0, end).find_first_of("/?#:[") != std::string_view::npos)
    return "8080";
  std::string scheme(rest.substr(0, end));
  std::transform(scheme.begin(), scheme.end(), scheme.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  address.tls = scheme == "https" || scheme == "wss";
  address.plain = scheme == "http" || scheme == "ws";
  if (!address.tls && !address.plain) return Error("unknown scheme: use http://, https://, ws:// or wss://");
  rest.remove_prefix(end + 3);
  return address.tls ? "443" : "80";
}

/// Moves `token` from the query of `target` to the address.
tl::expected<void, std::string> take_token(std::string_view target, Address& address) {
  const std::size_t mark = target.find('?');
  address.path = target.substr(0, mark);
  if (mark == std::string_view::npos) return {};
  const auto query = boost::urls::parse_query(target.substr(mark + 1));
  if (!query) return Error("its query has a character that must be percent-encoded");
  char separator = '?';
  for (const auto& parameter : *query) {
    if (parameter.key == "token" && parameter.has_value) {
      address.token = parameter.value.decode();
      continue;
    }
    if (address.path.empty()) address.path = "/";
    address.path += separator;
    address.path.append(std::string_view(parameter.key));
    if (parameter.has_value) address.path.append("=").append(std::string_view(parameter.value));
    separator = '&';
  }
  return {};
}

} // namespace

std::string Address::authority() const {
  const bool six = host.find(':') != std::string::npos;
  return (six ? "[" + host.substr(0, host.find('%')) + "]" : host) + ":" + port;
}

std::string Address::certificate_name() const {
  if (host.find(':') != std::string::npos) return host.substr(0, host.find('%'));
  return host.ends_with('.') ? host.substr(0, host.size() - 1) : host;
}

tl::expected<Address, std::string> parse_address(std::string_view text) {
  Address address;
  std::string_view rest = text;
  const auto default_port = take_scheme(rest, address);
  if (!default_port) return Error(default_port.error());
  address.port = *default_port;
  const bool is_url = address.tls || address.plain;

  rest = rest.substr(0, rest.find('#'));
  if (const std::size_t end = rest.find_first_of("/?"); end != std::string_view::npos) {
    if (const auto taken = take_token(rest.substr(end), address); !taken) return Error(taken.error());
    rest = rest.substr(0, end);
  }
  if (rest.find('@') != std::string_view::npos)
    return Error("user and password in a URL are not supported: use a token");

  std::string_view port;
  bool has_port = false;
  if (rest.starts_with('[')) {
    const std::size_t end = rest.find(']');
    if (end == std::string_view::npos) return Error("the IPv6 address lacks its closing bracket: use [::1]:8080");
    address.host = rest.substr(1, end - 1);
    if (const std::size_t zone = address.host.find("%25"); is_url && zone != std::string::npos)
      address.host.erase(zone + 1, 2);
    if (!is_v6(address.host)) return Error("no IPv6 address in the brackets: use [::1]:8080");
    rest.remove_prefix(end + 1);
    if (!rest.empty() && rest.front() != ':') return Error(std::string(expected_forms));
    has_port = !rest.empty();
    if (has_port) port = rest.substr(1);
  } else {
    const std::size_t colon = rest.find(':');
    if (colon != rest.rfind(':')) return Error("an IPv6 address must be in brackets: use [::1]:8080");
    address.host = rest.substr(0, colon);
    if (!is_host(address.host)) return Error(std::string(expected_forms));
    has_port = colon != std::string_view::npos;
    if (has_port) port = rest.substr(colon + 1);
  }
  if (!has_port || (is_url && port.empty())) return address; // "http://hub:/" is valid, too
  if (!is_port(port)) return Error("the port must be a number from 1 to 65535: use for example 127.0.0.1:8080");
  address.port = port;
  return address;
}

} // namespace nvrhub::client
