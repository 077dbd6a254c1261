#pragma once

#include <cstddef>
#include <memory>

#include "net/transport/plain_socket.hpp"
#include "net/transport/stream.hpp"

namespace nvrhub::net {

/// The transport of a WebSocket after its HTTP upgrade: a plain socket, watched by Readiness, or a TLS stream of Asio.
/// THREADS: only the connection's I/O thread.
class Wire {
public:
  explicit Wire(Stream&& stream) {
    if (stream.is_tls()) {
      tls_ = std::move(stream).take_tls();
    } else {
      boost::system::error_code error;
      plain_ = PlainSocket(stream.socket().release(error));
    }
  }

  bool is_tls() const { return tls_ != nullptr; }
  const PlainSocket& plain() const { return plain_; }
  Stream::Tls& tls() { return *tls_; }

  std::size_t unread_bytes() {
    boost::system::error_code error;
    if (!is_tls()) return plain_.unread_bytes();
    const std::size_t bytes = tls_->next_layer().available(error);
    return error ? 0 : bytes;
  }
  void shutdown_send() {
    boost::system::error_code ignored;
    is_tls() ? (void)tls_->next_layer().shutdown(Socket::shutdown_send, ignored) : plain_.shutdown_send();
  }
  void close() {
    boost::system::error_code ignored;
    is_tls() ? (void)tls_->next_layer().close(ignored) : plain_.close();
  }

private:
  PlainSocket plain_;
  std::unique_ptr<Stream::Tls> tls_;
};

} // namespace nvrhub::net
