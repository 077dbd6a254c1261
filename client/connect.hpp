#pragma once

#include <memory>
#include <optional>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <tl/expected.hpp>

#include "client/address.hpp"

namespace nvrhub::client {

/// A connected socket; with TLS, after a handshake that verified the server's certificate.
struct Connection {
  using Tls = boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>;

  explicit Connection(boost::asio::io_context& io) : socket(io) {}

  boost::asio::ip::tcp::socket socket;
  std::optional<Tls> tls; // on the socket; nothing: plain
};

/// Tries the addresses of the host one after the other. `tls` is null for a plain connection. Blocks.
/// ERRORS: names the server, the reason and, where there is one, the remedy.
tl::expected<std::unique_ptr<Connection>, std::string> connect(boost::asio::io_context& io, const Address& address,
                                                               boost::asio::ssl::context* tls);

/// Before the handshake: sends the name of the server (SNI) and lets only a certificate for it pass.
template <class TlsStream>
void expect_server(TlsStream& stream, const Address& address);

/// After a handshake that failed: the reason, and the remedy.
std::string describe_handshake_error(const boost::system::error_code& error, SSL* connection, const Address& address);

namespace detail {
void set_expected_name(SSL* connection, const std::string& name);
}

template <class TlsStream>
void expect_server(TlsStream& stream, const Address& address) {
  detail::set_expected_name(stream.native_handle(), address.certificate_name());
}

} // namespace nvrhub::client
