#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "net/limits/proxy_header.hpp"
#include "net/limits/token_bucket.hpp"
#include "net/tls/tls.hpp"
#include "protocol/limits.hpp"

namespace nvrhub::net {

struct Timeouts {
  std::chrono::milliseconds heartbeat{90'000}; // silence after which a WebSocket is closed
  std::chrono::milliseconds ping{25'000};      // without a byte in one direction, after which it is pinged; 0: no limit
  std::chrono::milliseconds auth{10'000};      // from the connection or upgrade to a whole auth; also the TLS handshake
  std::chrono::milliseconds request{30'000};   // to send an HTTP request
  std::chrono::milliseconds keep_alive{75'000}; // between two on one connection; 0: one request per connection

  /// A ping leaves half of the heartbeat timeout for its answer.
  std::chrono::milliseconds probe_interval() const {
    return ping.count() > 0 ? std::min(ping, heartbeat / 2) : heartbeat / 2;
  }
  /// A pause of the server at least this long is taken into account: peers had no chance to show that they are alive.
  std::chrono::milliseconds long_pause() const {
    return std::min({heartbeat / 4, auth / 4, std::chrono::milliseconds(5'000)});
  }
};

/// Limits of admission control: which connections are accepted.
struct ConnectionLimits {
  std::size_t max_connections = 19'000;
  std::size_t max_dashboards = 4'000;  // dashboard sockets among them
  std::size_t max_handshakes = 16'384; // pending connections among them (limits/pending_connections.hpp)
  Rate connection_rate{0, 10};         // of one address
  Networks trusted_proxies;            // which name their clients
  ProxyHeader proxy_header = ProxyHeader::x_forwarded_for; // by what
};

/// Limits of one WebSocket.
struct WebSocketLimits {
  std::size_t max_message = protocol::default_max_message; // bytes
  std::size_t max_outbound = 16 << 20; // bytes in the send queue; above it the socket is closed with 4429
  Rate message_rate{0, 10};            // of an NVR
};

/// Which browser pages may use the server (http/origin_policy.hpp).
struct OriginOptions {
  std::vector<std::string> allowed; // --allow-origin, as by normalized_origin()
  bool check_host = true; // while access is anonymous, accept only local names in Host (protection from DNS rebinding)
};

struct NetOptions {
  Timeouts timeouts;
  ConnectionLimits connections;
  WebSocketLimits websockets;
  OriginOptions origins;
  std::size_t memory_limit = 1 << 30; // bytes that all connections together may use
  std::size_t max_snapshots =
      256 << 20; // bytes of snapshots that dashboards are reading; above it the oldest are freed
  TlsFiles tls;
};

} // namespace nvrhub::net
