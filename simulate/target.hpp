#pragma once

#include <string>
#include <string_view>

#include <boost/asio/ip/tcp.hpp>
#include <tl/expected.hpp>

#include "client/http_client.hpp"
#include "client/ws_client.hpp"

namespace nvrhub::simulate {

/// The server, resolved once for all connections of a run. OWNERSHIP: refers to `server`.
struct Target {
  const client::Server& server;
  std::string nvr_path; // with the query
  boost::asio::ip::tcp::endpoint endpoint;
};

inline constexpr std::string_view dashboard_path = "/ws/dashboard";
inline constexpr std::string_view import_path = "/api/v1/import";

/// What the sockets of a simulation send with the upgrade.
client::WsRequest ws_request(std::string_view path, std::string_view bearer_token = {});

/// Finds the first address of the server that accepts a connection, and with TLS a handshake. Blocks.
/// ERRORS: a sentence that names the server.
tl::expected<Target, std::string> resolve(const client::Server& server);

} // namespace nvrhub::simulate
