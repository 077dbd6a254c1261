#include "simulate/target.hpp"

#include <boost/asio/io_context.hpp>

#include "client/connect.hpp"

namespace nvrhub::simulate {

namespace {

constexpr std::string_view default_nvr_path = "/ws";

} // namespace

client::WsRequest ws_request(std::string_view path, std::string_view bearer_token) {
  return {.path = path, .bearer_token = bearer_token, .user_agent = "nvrhub-simulate"};
}

tl::expected<Target, std::string> resolve(const client::Server& server) {
  boost::asio::io_context context;
  const auto probe = client::connect(context, server.address, server.tls.get());
  if (!probe) return tl::make_unexpected(probe.error());
  const std::string& path = server.address.path;
  return Target{server, path.empty() ? std::string(default_nvr_path) : path, (*probe)->socket.remote_endpoint()};
}

} // namespace nvrhub::simulate
