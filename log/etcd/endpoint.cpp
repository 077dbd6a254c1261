#include "log/etcd/endpoint.hpp"

#include <charconv>

namespace nvrhub::log::etcd {
namespace {

constexpr std::size_t max_endpoints = 16;
constexpr std::size_t max_prefix = 64;

tl::unexpected<Error> bad_cluster(std::string message) {
  return tl::unexpected(Error{Errc::invalid, std::move(message)});
}

Result<Endpoint> parse_endpoint(std::string_view text, std::string_view scheme) {
  const std::string quoted = "\"" + std::string(text) + "\": ";
  if (!text.starts_with(scheme)) {
    return bad_cluster(quoted + "expected " + std::string(scheme) + "HOST:PORT; all members have the same scheme");
  }
  text.remove_prefix(scheme.size());
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return bad_cluster(quoted + "the port is missing, such as :2379");
  Endpoint endpoint;
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), endpoint.port);
  if (error != std::errc() || end != port.data() + port.size() || endpoint.port == 0) {
    return bad_cluster(quoted + "expected a port from 1 to 65535");
  }
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.empty() || host.find_first_of(" /@[]") != std::string_view::npos) {
    return bad_cluster(quoted + "expected a host name or an address before the port");
  }
  endpoint.host = host;
  return endpoint;
}

} // namespace

std::string Endpoint::to_string() const {
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<Cluster> parse_cluster(std::string_view text) {
  Cluster cluster;
  const std::size_t last = text.rfind("://");
  if (last == std::string_view::npos) return bad_cluster("expected http://HOST:PORT,.../PREFIX");
  const std::size_t slash = text.find('/', last + 3);
  if (slash == std::string_view::npos || slash + 1 == text.size()) {
    return bad_cluster("the prefix of the keys is missing after the last member, such as /fleet");
  }
  cluster.prefix = text.substr(slash + 1);
  if (cluster.prefix.size() > max_prefix || cluster.prefix.ends_with('/') || cluster.prefix.starts_with('/')) {
    return bad_cluster("expected a prefix of at most 64 characters without slashes at its ends");
  }
  text = text.substr(0, slash);
  cluster.is_tls = text.starts_with("https://");
  while (true) {
    const std::size_t comma = text.find(',');
    Result<Endpoint> endpoint = parse_endpoint(text.substr(0, comma), cluster.is_tls ? "https://" : "http://");
    if (!endpoint) return tl::unexpected(std::move(endpoint.error()));
    cluster.endpoints.push_back(std::move(*endpoint));
    if (cluster.endpoints.size() > max_endpoints) return bad_cluster("more than 16 members");
    if (comma == std::string_view::npos) return cluster;
    text.remove_prefix(comma + 1);
  }
}

} // namespace nvrhub::log::etcd
