#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/beast/websocket/teardown.hpp>

#include "net/io_pool.hpp"
#include "net/outbound.hpp"
#include "net/stream.hpp"

namespace nvrhub::net {

/// The layer between Beast's websocket::stream and its socket: reads go through; writes queue up and leave with one
/// send at the end of the I/O thread's turn, however many frames it made. Beast hands every frame down whole
/// (auto_fragment is off), so what push() puts between two of Beast's own writes stands between two frames
/// (docs/decisions/0004).
class GatherStream {
public:
  using executor_type = Executor;
  using next_layer_type = Stream;

  /// `flush_soon` asks for a flush() at the end of the turn.
  GatherStream(Stream&& stream, std::function<void()> flush_soon)
      : stream_(std::move(stream)), flush_soon_(std::move(flush_soon)) {
    boost::system::error_code ignored;
    if (!stream_.is_tls()) stream_.socket().non_blocking(true, ignored);
  }

  executor_type get_executor() { return stream_.get_executor(); }
  Stream& next_layer() { return stream_; }
  const Stream& next_layer() const { return stream_; }

  /// Nothing follows a close frame, of whoever's making.
  void push(Frame frame) {
    if (closed_) return;
    closed_ = !frame->empty() && frame->front() == close_frame;
    out_.push(std::move(frame));
    flush_soon_();
  }
  Outbound& out() { return out_; }

  /// Sends what the socket takes, and says how many bytes. Where that is not all, calls owner->flush() when it takes
  /// more.
  std::size_t flush(const std::shared_ptr<Flushable>& owner);

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return stream_.async_read_some(buffers, std::forward<Token>(token));
  }

  /// Beast's own frames: handshake, pings and pongs, close. Taken at once.
  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
        [this](auto handler, const auto& from) {
          // Pongs to a peer that pings and does not read: they would pile up where nobody counts them.
          if (!waiting_) own_waiting_ = 0;
          if (++own_waiting_ > most_own_waiting) error_ = boost::asio::error::no_buffer_space;
          std::string bytes(boost::asio::buffer_size(from), '\0');
          boost::asio::buffer_copy(boost::asio::buffer(bytes), from);
          const std::size_t count = bytes.size();
          push(std::make_shared<const std::string>(std::move(bytes)));
          boost::asio::post(get_executor(), [handler = std::move(handler), count, error = error_]() mutable {
            handler(error, error ? 0 : count);
          });
        },
        token, buffers);
  }

private:
  std::size_t flush_plain(const std::shared_ptr<Flushable>& owner);
  void flush_tls(const std::shared_ptr<Flushable>& owner);

  Stream stream_;
  std::function<void()> flush_soon_;
  Outbound out_;
  boost::system::error_code error_; // of the first send that failed
  static constexpr char close_frame = static_cast<char>(0x88);
  bool closed_ = false;  // the last frame is queued
  bool waiting_ = false; // for the socket to take more
  static constexpr unsigned most_own_waiting = 256;
  unsigned own_waiting_ = 0; // frames of Beast's own since the socket last took all
  std::size_t sent_ = 0;     // over TLS, since the last flush() told
};

/// What Beast calls at the end of the closing handshake.
template <class Handler>
void async_teardown(boost::beast::role_type role, GatherStream& stream, Handler&& handler) {
  using boost::beast::websocket::async_teardown;
  // Not a word of TLS any more: the close frames were the end, and the peer knows that nothing was cut off.
  async_teardown(role, stream.next_layer().socket(), std::forward<Handler>(handler));
}
inline void teardown(boost::beast::role_type role, GatherStream& stream, boost::system::error_code& error) {
  using boost::beast::websocket::teardown;
  teardown(role, stream.next_layer().socket(), error);
}

} // namespace nvrhub::net
