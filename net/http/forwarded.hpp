#pragma once

#include <optional>
#include <string>

#include <boost/asio/ip/address.hpp>

#include "net/http/http_request.hpp"
#include "net/limits/proxy_header.hpp"
#include "net/limits/token_bucket.hpp"

namespace nvrhub::net {

/// What the headers of a request say about its client.
struct ForwardedClient {
  /// The client, or if it is not readable, the proxy that is nearest to it. nullopt: the peer itself.
  std::optional<boost::asio::ip::address> address;
  /// The element in which an address was expected and that has none; empty: nothing was unreadable.
  std::string unreadable;
};

/// The client of a request that a trusted proxy sent, from X-Forwarded-For or Forwarded (RFC 7239). Each proxy appends
/// one element, so the list is read from its end: the first address that is not a trusted proxy is the client, and what
/// precedes it is the client's own claim and not looked at.
///
/// An address may have a port, brackets, quotes and a zone, whichever header it is in. An element without an address
/// (`unknown`, `_hidden`) ends the search.
/// REQUIRES: `source` is a header.
ForwardedClient forwarded_client(const HttpRequest& request, ProxyHeader source, const Networks& trusted);

} // namespace nvrhub::net
