#pragma once

#include <cstdint>

namespace nvrhub::net {

/// --proxy-header: where trusted proxies (--trust-proxy) name the client. Only this one is read: a proxy passes the
/// headers that it does not write as the client sent them.
enum class ProxyHeader : std::uint8_t {
  x_forwarded_for,
  forwarded,      // RFC 7239
  proxy_protocol, // v1 or v2, ahead of everything else on the connection
};

} // namespace nvrhub::net
