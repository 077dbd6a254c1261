#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include <sys/uio.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/buffers_range.hpp>

#include "net/reactor/io_pool.hpp"
#include "net/tls/tls.hpp"
#include "net/tls/tls_connection.hpp"

namespace nvrhub::net {

/// One TCP connection, plain or TLS, while it carries HTTP. Lives on its I/O thread; models Asio's AsyncReadStream and
/// AsyncWriteStream.
class Stream {
public:
  using executor_type = Executor;

  explicit Stream(Socket&& socket) : socket_(std::move(socket)) {}
  /// REQUIRES: handshake() before anything else.
  Stream(Socket&& socket, std::shared_ptr<TlsContext> context)
      : socket_(std::move(socket)), context_(std::move(context)) {}

  executor_type get_executor() { return socket_.get_executor(); }
  bool is_tls() const { return context_ || tls_; }
  Socket& socket() { return socket_; }
  /// Null: not TLS, or no byte of the handshake came yet.
  TlsConnection* tls() { return tls_.get(); }

  /// Continues the handshake with what the client has sent. `error` is would_block until it is complete.
  void handshake(boost::system::error_code& error);
  /// Ends the sending side with a close_notify; `handler(error_code)`. REQUIRES: a complete handshake.
  template <class Handler>
  void async_close_notify(Handler&& handler) {
    tls_->close_notify();
    boost::asio::async_compose<Handler, void(boost::system::error_code)>(Flush{*this}, handler, socket_);
  }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return is_tls() ? compose(Read<Buffers>{*this, buffers}, token)
                    : socket_.async_read_some(buffers, std::forward<Token>(token));
  }
  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return is_tls() ? compose(Write<Buffers>{*this, buffers}, token)
                    : socket_.async_write_some(buffers, std::forward<Token>(token));
  }

  // ---- for a WebSocket session, which takes the connection over ----
  /// What was decrypted and not read yet.
  std::string take_received() { return std::exchange(received_, {}); }
  int release_socket() {
    boost::system::error_code error;
    return socket_.release(error);
  }
  std::unique_ptr<TlsConnection> take_tls() { return std::move(tls_); }

private:
  template <class Operation, class Token>
  auto compose(Operation&& operation, Token& token) {
    return boost::asio::async_compose<Token, void(boost::system::error_code, std::size_t)>(
        std::forward<Operation>(operation), token, socket_);
  }

  std::size_t read(const boost::asio::mutable_buffer& into, boost::system::error_code& error);
  /// Sends what a read made OpenSSL write. Sets `error` if that fails; what the socket does not accept now waits.
  void flush_answers(boost::system::error_code& error);
  void flush(boost::system::error_code& error) { tls_->flush(socket_.native_handle(), error); }

  /// The progress of a read or write. Kept in the operation, which is moved into what it waits for.
  struct Progress {
    bool is_over = false;
    bool has_waited = false;
    boost::system::error_code result{};
    std::size_t count = 0;

    /// Waits if the result is would_block, else completes, but not within the call that started the operation.
    template <class Self>
    void go_on(Self& self, Stream& stream, Socket::wait_type what) {
      if (result == boost::asio::error::would_block) {
        has_waited = true;
        return stream.socket_.async_wait(what, std::move(self));
      }
      if (has_waited) return self.complete(result, count);
      is_over = true;
      boost::asio::post(stream.get_executor(), std::move(self));
    }
  };

  /// Completes with what is there.
  template <class Buffers>
  struct Read {
    Stream& stream;
    Buffers buffers;
    Progress progress{};

    template <class Self>
    void operator()(Self& self, boost::system::error_code error = {}) {
      if (progress.is_over) return self.complete(progress.result, progress.count);
      progress.result = error;
      if (!error) progress.count = stream.read(first_of(buffers), progress.result);
      progress.go_on(self, stream, Socket::wait_read);
    }
  };

  /// Completes when the socket has accepted all that was encrypted.
  template <class Buffers>
  struct Write {
    Stream& stream;
    Buffers buffers;
    bool has_begun = false;
    Progress progress{};

    template <class Self>
    void operator()(Self& self, boost::system::error_code error = {}) {
      if (progress.is_over) return self.complete(progress.result, progress.count);
      progress.result = error;
      std::array<iovec, 16> frames;
      if (!error && !has_begun) {
        progress.count =
            stream.tls_->write_some(stream.socket_.native_handle(), gather(buffers, frames), progress.result);
        has_begun = progress.result != boost::asio::error::would_block;
      }
      if (!progress.result) stream.flush(progress.result);
      progress.go_on(self, stream, Socket::wait_write);
    }
  };

  struct Flush {
    Stream& stream;

    template <class Self>
    void operator()(Self& self, boost::system::error_code error = {}) {
      if (!error) stream.flush(error);
      if (error != boost::asio::error::would_block) return self.complete(error);
      Socket& socket = stream.socket_;
      socket.async_wait(Socket::wait_write, std::move(self));
    }
  };

  /// The first buffer that is not empty: reading less than all is allowed.
  template <class Buffers>
  static boost::asio::mutable_buffer first_of(const Buffers& buffers) {
    for (const boost::asio::mutable_buffer buffer : boost::beast::buffers_range_ref(buffers)) {
      if (buffer.size() > 0) return buffer;
    }
    return {};
  }

  /// As many as fit: writing less than all is allowed.
  template <class Buffers>
  static std::span<const iovec> gather(const Buffers& buffers, std::span<iovec> into) {
    std::size_t count = 0;
    for (const boost::asio::const_buffer buffer : boost::beast::buffers_range_ref(buffers)) {
      if (count == into.size()) break;
      into[count++] = {.iov_base = const_cast<void*>(buffer.data()), .iov_len = buffer.size()}; // only read from
    }
    return into.first(count);
  }

  Socket socket_;
  std::shared_ptr<TlsContext> context_; // until tls_ is made
  std::unique_ptr<TlsConnection> tls_;  // made with the client's first byte
  std::string received_;
};

} // namespace nvrhub::net
