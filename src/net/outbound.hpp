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

/// Bytes as they go over the wire, whole WebSocket frames; shared by all sockets that they go to.
using Frame = std::shared_ptr<const std::string>;

/// `text` as one unmasked text frame (RFC 6455, 5.2): what a server sends is the same for every client.
Frame text_frame(std::string_view text);
void append_text_frame(std::string& frames, std::string_view text);

/// A frame of at most 125 bytes that is no message.
enum class Control : unsigned char { close = 8, ping = 9, pong = 10 };
Frame control_frame(Control what, std::string_view payload);
/// `code` 0: a close without one.
Frame close_frame(std::uint16_t code, std::string_view reason);

/// Frames that wait for one socket to take them, in order. Belongs to the socket's I/O thread.
class Outbound {
public:
  void push(Frame frame) {
    bytes_ += frame->size();
    frames_.push_back(std::move(frame));
  }
  bool empty() const { return first_ == frames_.size(); }
  /// What still waits, in bytes.
  std::size_t bytes() const { return bytes_ - sent_; }

  /// The first of what waits, for one gathered write: as many frames as `into` has room for.
  std::span<iovec> gather(std::span<iovec> into) const;
  /// The first of what waits, up to `most` bytes. What it holds counts as under way: drop_unsent() keeps it.
  std::string copy(std::size_t most);
  /// The socket took so many bytes.
  void consume(std::size_t bytes);
  /// Forgets every frame of which nothing was sent yet.
  void drop_unsent();

private:
  static constexpr std::size_t compact_at = 64;

  std::vector<Frame> frames_;
  std::size_t first_ = 0;
  std::size_t sent_ = 0;   // of frames_[first_]
  std::size_t bytes_ = 0;  // from frames_[first_] on, all of it
  std::size_t copied_ = 0; // bytes from sent_ on that copy() gave out
};

} // namespace nvrhub::net
