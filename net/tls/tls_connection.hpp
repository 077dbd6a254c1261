#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <openssl/ssl.h>
#include <sys/uio.h>

#include <boost/system/error_code.hpp>

namespace nvrhub::net {

/// The server's side of one TLS connection, over a socket that its owner holds and passes to each call: first Asio's,
/// during HTTP, then the WebSocket's. Never blocks. Holds no buffer while the connection is idle.
///
/// THREADS: only the connection's I/O thread; may be destroyed on any.
class TlsConnection {
public:
  /// ERRORS: throws std::bad_alloc.
  explicit TlsConnection(SSL_CTX* context);

  /// The result of read(); `bytes` are valid until the next call of any connection of this thread.
  struct Received {
    std::span<char> bytes;
    bool more = false; // the socket may have more to read
  };
  /// Receives once, or more often while nothing was decrypted, and continues the handshake until it is_established().
  /// What that makes OpenSSL send is only queued: call flush(), also after an error, which may have an alert.
  /// ERRORS: would_block: nothing was received; eof: the peer sent close_notify; connection_aborted: it closed without,
  /// so the data may be truncated, or sends key updates without data; others: the connection failed.
  Received read(int socket, boost::system::error_code& error);

  /// Encrypts bytes of the frames, at most 64 KB, and sends them. Returns their number: they are sent or wait in
  /// unsent_bytes(). `error` is would_block if earlier ones still wait.
  std::size_t write_some(int socket, std::span<const iovec> frames, boost::system::error_code& error);

  /// Sends what waits. `error` is would_block if some of it still does.
  void flush(int socket, boost::system::error_code& error);
  /// Queues a close_notify, once.
  void close_notify();

  bool is_established() const { return SSL_is_init_finished(ssl_.get()) == 1; }
  /// Ciphertext that waits for flush().
  std::size_t unsent_bytes() const { return unsent_.size(); }
  /// The socket has not accepted all of it.
  bool is_blocked() const { return blocked_; }
  SSL* native() const { return ssl_.get(); }

private:
  static constexpr std::uint16_t max_answers = 2048;

  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  bool has_ended() const { return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0; }
  std::size_t decrypt(std::span<char> into);
  std::size_t encrypt(std::span<const iovec> frames);
  bool encrypt_record(std::span<const char> bytes);
  void count_answers(std::size_t bytes, std::size_t decrypted);
  void keep_output();
  bool send(int socket, std::span<const char> bytes, std::size_t& sent);
  void fail(int result);

  std::unique_ptr<SSL, Free> ssl_;
  std::vector<char> unsent_;
  boost::system::error_code error_; // the connection can no longer be used
  bool blocked_ = false;
  /// Bytes of answers to key updates that the peer may still request, more with each byte of data: an update costs as
  /// much as a report.
  std::uint16_t answers_left_ = max_answers;
};

} // namespace nvrhub::net
