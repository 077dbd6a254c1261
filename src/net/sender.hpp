#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

#include "net/io_pool.hpp"
#include "net/outbound.hpp"
#include "net/wire.hpp"

namespace nvrhub::net {

/// What goes out over one connection: frames queue up and leave with one send at the end of the I/O thread's turn,
/// however many the turn made (docs/internals/decisions/0004). On the connection's thread.
class Sender {
public:
  /// Sends what the socket takes, and says how many bytes. Where that is not all, keeps `owner` alive, and calls
  /// owner->flush() when it takes more.
  std::size_t flush(Wire& wire, const std::shared_ptr<Flushable>& owner);
  /// The plain socket takes more.
  void on_writable();
  /// The socket is closed: nothing will leave any more.
  void abandon() { owner_.reset(); }

  /// Nothing follows a close frame.
  void push(Frame frame) {
    if (!is_over_) out_.push(std::move(frame));
  }
  void push_last(Frame frame) {
    push(std::move(frame));
    is_over_ = true;
  }
  /// The close frame is queued, or gone.
  bool is_over() const { return is_over_; }
  /// The socket has not taken all of it.
  bool is_blocked() const { return waiting_; }
  const Outbound& out() const { return out_; }
  void drop_unsent() { out_.drop_unsent(); }

private:
  std::size_t flush_plain(const PlainSocket& socket, const std::shared_ptr<Flushable>& owner);
  void flush_tls(Stream::Tls& stream, const std::shared_ptr<Flushable>& owner);

  Outbound out_;
  std::shared_ptr<Flushable> owner_; // while a plain socket takes nothing
  std::size_t sent_ = 0;             // over TLS, since the last flush() told
  boost::system::error_code error_;  // of the first send that failed
  bool waiting_ = false;             // for the socket to take more
  bool is_over_ = false;
};

} // namespace nvrhub::net
