#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/ip/address.hpp>

#include "net/reactor/io_pool.hpp"

namespace nvrhub::net {

/// Parses the header of the PROXY protocol, version 1 or 2, that a balancer sends ahead of a connection's own bytes
/// (haproxy.org, doc/proxy-protocol.txt). Keeps at most 107 bytes, whatever arrives; extensions (TLV) are skipped.
class ProxyProtocolParser {
public:
  enum class State : std::uint8_t {
    incomplete,
    done,
    absent, // the first bytes are those of no PROXY header
    wrong,  // a PROXY header that cannot be read
  };

  /// Parses the next bytes of the connection and returns how many of them belong to the header.
  std::size_t parse(std::string_view bytes);
  State state() const { return state_; }
  /// Once `done`: the client. nullopt: the header names none, because the balancer checks the server's health (LOCAL)
  /// or does not know the client (UNKNOWN, UNSPEC, a UNIX socket).
  const std::optional<boost::asio::ip::address>& client() const { return client_; }
  /// If `absent`: what was consumed before the difference.
  std::string_view consumed() const { return kept_; }
  /// If `wrong`: what is wrong.
  const std::string& error() const { return error_; }
  bool has_begun() const { return !kept_.empty(); }

private:
  std::size_t parse_v1(std::string_view bytes);
  std::size_t parse_v2(std::string_view bytes);
  void finish_v1();
  void begin_v2();
  void finish_v2();
  void fail(std::string why);

  State state_ = State::incomplete;
  std::string kept_;         // the header so far; of version 2 up to the addresses
  std::size_t skip_ = 0;     // version 2: bytes after the addresses that are still to come
  std::size_t v2_kept_ = 16; // version 2: bytes to keep
  std::optional<boost::asio::ip::address> client_;
  std::string error_;
};

/// What came ahead of the first bytes of a connection.
struct ProxyPreamble {
  ProxyProtocolParser parser;
  bool is_closed = false; // the connection ended or failed before the header was complete
};

/// Reads a PROXY header from `socket` and not one byte more, so that TLS can follow; calls `done` once. The caller
/// limits the time by closing the socket.
/// OWNERSHIP: `done` keeps the socket alive. THREADS: those of the socket.
void read_proxy_header(Socket& socket, std::function<void(ProxyPreamble)> done);

} // namespace nvrhub::net
