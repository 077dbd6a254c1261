#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace nvrhub::net {

/// Parses what a client sends over one WebSocket (RFC 6455, section 5): validates and unmasks frames and joins them to
/// messages. Keeps only what is incomplete. Does not check that texts are UTF-8: the caller does.
class FrameReader {
public:
  enum class Kind : std::uint8_t {
    none, // all bytes are consumed; more are needed
    part, // a frame that ends no message
    text,
    binary,
    ping,
    pong,
    close,
    too_large, // reported once, as soon as a frame's header shows it; the rest is skipped
    broken,    // violates the RFC: what follows is not parsed
  };
  struct Found {
    Kind kind = Kind::none;
    std::string_view payload; // of a close: the reason; valid until the next call
    std::uint16_t code = 0;   // of a close (0: none given); if broken: the code to close with
  };

  /// `max_message`: bytes.
  explicit FrameReader(std::size_t max_message) : max_message_(max_message) {}

  /// Parses the next frame and removes it from the front of `bytes`. Unmasks in place.
  Found next(std::span<char>& bytes);

  /// Frees the payload that next() returned last.
  void free_returned();
  /// From now on messages are skipped; only control frames are reported.
  void skip_messages();
  /// Memory that an incomplete message uses.
  std::size_t held() const { return message_.capacity(); }

private:
  bool take_head(std::span<char>& bytes);
  /// Returns `none` if the header is valid, else `broken` or `too_large`.
  Kind validate_head();
  Found take_payload(std::span<char>& bytes);
  Found finish(std::string_view payload);
  void keep(std::span<const char> payload);
  bool is_control() const { return (opcode_ & 8U) != 0; }

  std::size_t max_message_;
  std::string message_;    // an incomplete message
  std::string control_;    // an incomplete control frame
  std::uint64_t left_ = 0; // bytes of the frame's payload
  std::array<std::uint8_t, 14> head_{};
  std::uint8_t head_size_ = 0; // bytes of head_ received
  std::array<std::uint8_t, 4> mask_{};
  std::uint8_t opcode_ = 0;
  std::uint8_t message_opcode_ = 0; // 0: between messages
  bool final_ = false;
  bool in_payload_ = false;
  bool is_returned_ = false; // message_ or control_ was returned: the next call frees it
  bool skips_ = false;
  bool over_ = false; // broken
};

} // namespace nvrhub::net
