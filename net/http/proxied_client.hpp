#pragma once

#include <optional>
#include <string>

#include <boost/asio/ip/address.hpp>

#include "net/http/http_context.hpp"
#include "net/http/http_request.hpp"
#include "net/transport/proxy_protocol.hpp"

namespace nvrhub::net {

/// Finds the client behind the peer of one connection if that is a trusted proxy (--trust-proxy, --proxy-header), and
/// applies --connection-rate to it. A client that cannot be read counts as the proxy itself; it is logged and counted.
///
/// THREADS: the connection's I/O thread. `context` must outlive it.
class ProxiedClient {
public:
  ProxiedClient(HttpContext& context, boost::asio::ip::address peer);

  /// The peer must send a PROXY header first.
  bool expects_preamble() const;
  /// Sets `client` to the address in the PROXY header. False: the connection must be closed without an answer.
  bool take(const ProxyPreamble& preamble, boost::asio::ip::address& client);
  /// Why every request of this connection must be refused; empty: none.
  const std::string& refusal() const { return refusal_; }

  /// Sets `client` to the address in the request's headers. False: it exceeds --connection-rate.
  bool admit(const HttpRequest& request, boost::asio::ip::address& client);
  /// False: `client` exceeds --connection-rate. Counts one connection for each run of the same client.
  bool is_within_rate(const boost::asio::ip::address& client);

private:
  void report(const std::string& what, const std::string& value = {});

  HttpContext& context_;
  const boost::asio::ip::address peer_;
  const bool is_proxied_;
  std::optional<boost::asio::ip::address> rated_; // the client that is_within_rate() counted last
  std::string refusal_;
};

} // namespace nvrhub::net
