#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

#include "net/reactor/io_pool.hpp"
#include "net/transport/wire.hpp"
#include "net/websocket/send_queue.hpp"

namespace nvrhub::net {

/// Sends frames over one connection. Frames are queued during a turn of the I/O thread and sent with one system call at
/// its end (docs/internals/decisions/0004).
/// THREADS: only the connection's I/O thread.
class Sender {
public:
  /// Sends as much as the socket accepts now and returns the number of bytes. If something is left, keeps `owner` alive
  /// and calls owner->flush() when the socket accepts more.
  std::size_t flush(Wire& wire, const std::shared_ptr<Flushable>& owner);
  /// The socket accepts more.
  void on_writable();
  /// The socket is closed: nothing more is sent.
  void abandon() { owner_.reset(); }

  /// Nothing follows a close frame.
  void push(Frame frame) {
    if (!is_over_) out_.push(std::move(frame));
  }
  void push_last(Frame frame) {
    push(std::move(frame));
    is_over_ = true;
  }
  /// The close frame is queued or sent.
  bool is_over() const { return is_over_; }
  /// The socket has not accepted everything.
  bool is_blocked() const { return waiting_; }
  const SendQueue& out() const { return out_; }
  void drop_unsent() { out_.drop_unsent(); }

private:
  SendQueue out_;
  std::shared_ptr<Flushable> owner_; // while the socket accepts nothing
  boost::system::error_code error_;  // of the first send that failed
  bool waiting_ = false;             // for the socket to accept more
  bool is_over_ = false;
};

} // namespace nvrhub::net
