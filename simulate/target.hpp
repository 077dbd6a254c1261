#pragma once

#include <string>
#include <string_view>

#include <boost/asio/ip/tcp.hpp>

namespace nvrhub::simulate {

/// The address of the server.
struct Target {
  std::string host;
  std::string port;
  std::string nvr_path = "/ws";
  boost::asio::ip::tcp::endpoint endpoint; // set by `resolve`

  /// For the Host header: an IPv6 address in brackets.
  std::string authority() const;
};

inline constexpr std::string_view dashboard_path = "/ws/dashboard";
inline constexpr std::string_view import_path = "/api/v1/import";

/// Parses "host", "host:port", "[::1]:8080", "ws://host:port/path". ERRORS: throws std::runtime_error with the reason.
Target parse_target(std::string_view server);

/// Sets `endpoint` to the first of the host's addresses that accepts a connection. Blocks; throws std::runtime_error.
void resolve(Target& target);

} // namespace nvrhub::simulate
