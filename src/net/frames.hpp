#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace nvrhub::net {

/// What a client sends over one WebSocket (RFC 6455, section 5): judged as a server must, unmasked, put together to
/// messages. Keeps nothing but what is still incomplete. UTF-8 in texts is for whoever reads them.
class FrameReader {
public:
  enum class Kind : std::uint8_t {
    none, // all bytes are taken; more must come
    part, // a frame that ends no message
    text,
    binary,
    ping,
    pong,
    close,
    too_large, // told once, as soon as a frame's head says so; nothing is kept of the rest
    broken,    // against the RFC: nothing after it means anything
  };
  struct Found {
    Kind kind = Kind::none;
    std::string_view payload; // of a close: its reason; valid until the next call
    std::uint16_t code = 0;   // of a close (0: none given); of what is broken: what to close with
  };

  /// `most`: bytes of a message.
  explicit FrameReader(std::size_t most) : most_(most) {}

  /// The next thing in `bytes`, which it takes off their front. Unmasks in place.
  Found next(std::span<char>& bytes);

  /// Lets go of what next() told last.
  void forget_told();
  /// From now on messages are skipped, and only control frames are told of.
  void skip_messages();
  /// Memory that incomplete messages take.
  std::size_t held() const { return message_.capacity(); }

private:
  bool take_head(std::span<char>& bytes);
  /// What is wrong with the head that was taken: nothing, `broken` or `too_large`.
  Kind judge();
  Found take_payload(std::span<char>& bytes);
  Found finish(std::string_view payload);
  void keep(std::span<const char> payload);
  bool is_control() const { return (opcode_ & 8U) != 0; }

  std::size_t most_;
  std::string message_;    // of a message whose end has not come
  std::string control_;    // of a control frame likewise
  std::uint64_t left_ = 0; // of the frame's payload
  std::array<std::uint8_t, 14> head_{};
  std::uint8_t head_size_ = 0; // bytes of head_ that have come
  std::array<std::uint8_t, 4> mask_{};
  std::uint8_t opcode_ = 0;
  std::uint8_t message_opcode_ = 0; // 0: no message is under way
  bool final_ = false;
  bool in_payload_ = false;
  bool is_told_ = false; // message_ or control_ was given out: the next call forgets it
  bool skips_ = false;
  bool over_ = false; // broken
};

} // namespace nvrhub::net
