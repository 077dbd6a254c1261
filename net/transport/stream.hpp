#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <variant>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/stream.hpp>

#include "net/reactor/io_pool.hpp"
#include "net/transport/tls.hpp"

namespace nvrhub::net {

/// One TCP connection, plain or TLS. Lives on its I/O thread; models Asio's AsyncReadStream and
/// AsyncWriteStream.
class Stream {
public:
  using executor_type = Executor;
  using next_layer_type = Socket;
  using Tls = boost::asio::ssl::stream<Socket>;

  explicit Stream(Socket&& socket) : layer_(std::move(socket)) {}
  /// REQUIRES: handshake() before anything else.
  Stream(Socket&& socket, TlsContext& context) : layer_(std::make_unique<Tls>(std::move(socket), context.native)) {}

  executor_type get_executor() { return socket().get_executor(); }
  bool is_tls() const { return std::holds_alternative<std::unique_ptr<Tls>>(layer_); }
  Socket& socket() { return is_tls() ? std::get<1>(layer_)->next_layer() : std::get<0>(layer_); }
  Socket& next_layer() { return socket(); }
  const Socket& next_layer() const { return const_cast<Stream*>(this)->socket(); }
  /// REQUIRES: is_tls().
  Tls& tls() { return *std::get<1>(layer_); }
  std::unique_ptr<Tls> take_tls() && { return std::move(std::get<1>(layer_)); }

  template <class Handler>
  void handshake(Handler&& handler) {
    tls().async_handshake(boost::asio::ssl::stream_base::server, std::forward<Handler>(handler));
  }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return is_tls() ? tls().async_read_some(buffers, std::forward<Token>(token))
                    : socket().async_read_some(buffers, std::forward<Token>(token));
  }
  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return is_tls() ? tls().async_write_some(buffers, std::forward<Token>(token))
                    : socket().async_write_some(buffers, std::forward<Token>(token));
  }

private:
  std::variant<Socket, std::unique_ptr<Tls>> layer_;
};

} // namespace nvrhub::net
