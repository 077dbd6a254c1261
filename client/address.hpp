#pragma once

#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace nvrhub::client {

/// Where a server is, as a person writes it.
struct Address {
  std::string host; // a name or an IP address, IPv6 without brackets
  std::string port;
  std::string path;   // as written, with the query but without its `token`; empty: none was
  std::string token;  // from `?token=`
  bool tls = false;   // https://, wss://
  bool plain = false; // http://, ws://: it said so

  /// For the Host header: an IPv6 address in brackets.
  std::string authority() const;
  /// For certificates and SNI: without the final dot of a name and without the zone of an IPv6 address.
  std::string certificate_name() const;
};

/// Parses HOST, HOST:PORT, [IPV6]:PORT and URLs with http, https, ws or wss. The default port is nvrhub's, 8080, and
/// that of its scheme (80, 443) in a URL.
/// ERRORS: what is wrong and what would be right, without the text itself, which may hold a token.
tl::expected<Address, std::string> parse_address(std::string_view text);

} // namespace nvrhub::client
