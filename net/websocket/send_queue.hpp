#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/uio.h>

namespace nvrhub::net {

/// Complete WebSocket frames as they are sent; shared by all sockets that send them.
using Frame = std::shared_ptr<const std::string>;

/// `text` as one unmasked text frame (RFC 6455, 5.2). A server does not mask, so the frame is the same for every
/// client.
Frame text_frame(std::string_view text);
void append_text_frame(std::string& frames, std::string_view text);

/// A control frame; `payload` has at most 125 bytes.
enum class Control : unsigned char { close = 8, ping = 9, pong = 10 };
Frame control_frame(Control what, std::string_view payload);
/// `code` 0: a close without one.
Frame close_frame(std::uint16_t code, std::string_view reason);

/// The frames that wait to be sent over one socket, in order.
/// THREADS: only the socket's I/O thread.
class SendQueue {
public:
  void push(Frame frame) {
    bytes_ += frame->size();
    frames_.push_back(std::move(frame));
  }
  bool empty() const { return first_ == frames_.size(); }
  /// Bytes not sent yet.
  std::size_t bytes() const { return bytes_ - sent_; }

  /// The first frames, for one gathered write: as many as fit into `into`.
  std::span<iovec> gather(std::span<iovec> into) const;
  /// Removes bytes that were sent.
  void consume(std::size_t bytes);
  /// Drops every frame of which nothing was sent yet.
  void drop_unsent();

private:
  static constexpr std::size_t compact_at = 64;

  std::vector<Frame> frames_;
  std::size_t first_ = 0;
  std::size_t sent_ = 0;  // of frames_[first_]
  std::size_t bytes_ = 0; // of the frames from first_ on
};

} // namespace nvrhub::net
