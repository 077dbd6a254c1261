#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "net/tls/tls_connection.hpp"
#include "net/transport/plain_socket.hpp"
#include "net/transport/stream.hpp"

namespace nvrhub::net {

/// The transport of a WebSocket after its HTTP upgrade: a socket that Readiness watches, with or without TLS.
/// THREADS: only the connection's I/O thread.
class Wire {
public:
  explicit Wire(Stream&& stream) : socket_(stream.release_socket()), tls_(stream.take_tls()) {}

  bool is_open() const { return socket_.is_open(); }
  int descriptor() const { return socket_.descriptor(); }

  struct Received {
    std::span<char> bytes; // valid until the next read of this thread
    bool more = false;     // the socket may have more to read; false: it will be reported as readable
  };
  /// Reads into `buffer`, or into one of TLS. `error` is eof at the end, would_block if there is nothing now.
  Received read_some(std::span<char> buffer, boost::system::error_code& error);
  /// Returns the bytes taken from `from`; `error` is would_block if none can be written now. With TLS, some of them may
  /// be unsent_bytes(): no bytes in `from` send these.
  std::size_t write_some(std::span<iovec> from, boost::system::error_code& error);
  /// Encrypted, but not accepted by the socket yet.
  std::size_t unsent_bytes() const { return tls_ ? tls_->unsent_bytes() : 0; }
  std::size_t unread_bytes() const { return socket_.unread_bytes(); }
  void shutdown_send();
  void close() {
    socket_.close();
    tls_.reset();
  }

private:
  PlainSocket socket_;
  std::unique_ptr<TlsConnection> tls_;
};

} // namespace nvrhub::net
