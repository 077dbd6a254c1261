#include "net/websocket/frames.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "protocol/json/utf8.hpp"

namespace nvrhub::net {

namespace {

enum Opcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

constexpr std::uint16_t protocol_error = 1002;
constexpr std::uint16_t not_utf8 = 1007;
constexpr std::size_t largest_control = 125;

/// The length of a header, from its second byte.
std::size_t head_length(std::uint8_t second) {
  const std::size_t length = second & 0x7FU;
  const std::size_t mask = (second & 0x80U) != 0 ? 4 : 0;
  return 2 + (length == 126 ? 2 : length == 127 ? 8 : 0) + mask;
}

/// Rotates `mask` by the number of bytes, for the bytes that follow.
void unmask(std::span<char> bytes, std::array<std::uint8_t, 4>& mask) {
  std::array<std::uint8_t, 8> twice{};
  std::memcpy(twice.data(), mask.data(), 4);
  std::memcpy(twice.data() + 4, mask.data(), 4);
  std::uint64_t wide = 0;
  std::memcpy(&wide, twice.data(), sizeof wide);
  char* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= sizeof wide; left -= sizeof wide, at += sizeof wide) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, sizeof word);
    word ^= wide;
    std::memcpy(at, &word, sizeof word);
  }
  for (std::size_t i = 0; i < left; ++i)
    at[i] = static_cast<char>(static_cast<std::uint8_t>(at[i]) ^ mask[i % 4]);
  for (std::size_t i = 0; i < mask.size(); ++i)
    mask[i] = twice[i + left % 4];
}

/// Whether a close frame may contain this code (RFC 6455, 7.4).
bool is_close_code(std::uint16_t code) {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

FrameReader::Found broken(std::uint16_t code) {
  return {FrameReader::Kind::broken, {}, code};
}

} // namespace

FrameReader::Found FrameReader::next(std::span<char>& bytes) {
  free_returned();
  if (!over_) {
    if (!in_payload_) {
      if (!take_head(bytes)) return {};
      const Kind wrong = validate_head();
      if (wrong == Kind::broken) return broken(protocol_error);
      if (wrong == Kind::too_large) return {wrong, {}, 0};
    }
    const Found found = take_payload(bytes);
    if (in_payload_) return {};
    return found.kind == Kind::none ? Found{Kind::part, {}, 0} : found;
  }
  bytes = {};
  return {};
}

void FrameReader::free_returned() {
  if (!std::exchange(is_returned_, false)) return;
  std::string().swap(is_control() ? control_ : message_);
}

bool FrameReader::take_head(std::span<char>& bytes) {
  while (head_size_ < 2 || head_size_ < head_length(head_[1])) {
    if (bytes.empty()) return false;
    const std::size_t wanted = (head_size_ < 2 ? 2 : head_length(head_[1])) - head_size_;
    const std::size_t count = std::min(wanted, bytes.size());
    std::memcpy(head_.data() + head_size_, bytes.data(), count);
    head_size_ = static_cast<std::uint8_t>(head_size_ + count);
    bytes = bytes.subspan(count);
  }
  return true;
}

FrameReader::Kind FrameReader::validate_head() {
  const std::size_t size = std::exchange(head_size_, std::uint8_t{0});
  final_ = (head_[0] & 0x80U) != 0;
  opcode_ = head_[0] & 0x0FU;
  left_ = head_[1] & 0x7FU;
  if (left_ >= 126) {
    const std::size_t bytes = left_ == 126 ? 2 : 8;
    left_ = 0;
    for (std::size_t i = 0; i < bytes; ++i)
      left_ = left_ << 8U | head_[2 + i];
    // Longer forms than necessary, which RFC 6455, 5.2 forbids, are accepted as `ws` accepts them: small clients send
    // one form only.
    if ((left_ >> 63U) != 0) over_ = true;
  }
  const bool is_masked = (head_[1] & 0x80U) != 0;
  const bool is_reserved = (head_[0] & 0x70U) != 0 || (opcode_ > binary && opcode_ < close) || opcode_ > pong;
  if (!is_masked || is_reserved) over_ = true;
  if (is_control() && (!final_ || (head_[1] & 0x7FU) > largest_control)) over_ = true;
  if (!is_control() && (opcode_ == continuation) != (message_opcode_ != 0)) over_ = true;
  if (over_) return Kind::broken;

  std::copy_n(head_.begin() + static_cast<std::ptrdiff_t>(size) - 4, 4, mask_.begin());
  in_payload_ = true;
  if (is_control()) return Kind::none;
  if (opcode_ != continuation) message_opcode_ = opcode_;
  if (!skips_ && left_ > max_message_ - message_.size()) {
    skip_messages();
    return Kind::too_large;
  }
  return Kind::none;
}

FrameReader::Found FrameReader::take_payload(std::span<char>& bytes) {
  const std::size_t count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
  const std::span<char> here = bytes.first(count);
  bytes = bytes.subspan(count);
  left_ -= count;
  in_payload_ = left_ > 0;
  if (skips_ && !is_control()) {
    if (!in_payload_ && final_) message_opcode_ = 0;
    return {};
  }
  unmask(here, mask_);
  std::string& kept = is_control() ? control_ : message_;
  const bool is_whole = !in_payload_ && kept.empty() && (final_ || is_control());
  if (is_whole) return finish({here.data(), here.size()});
  keep(here);
  if (in_payload_ || !final_) return {};
  is_returned_ = true;
  return finish(kept);
}

/// Reserves at most twice what was received, and never more than what was announced.
void FrameReader::keep(std::span<const char> payload) {
  std::string& kept = is_control() ? control_ : message_;
  const std::size_t size = kept.size() + payload.size();
  if (size > kept.capacity()) {
    kept.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(size + left_, std::max(size, 2 * kept.capacity()))));
  }
  kept.append(payload.data(), payload.size());
}

FrameReader::Found FrameReader::finish(std::string_view payload) {
  switch (opcode_) {
  case ping:
    return {Kind::ping, payload, 0};
  case pong:
    return {Kind::pong, payload, 0};
  case close: {
    over_ = true; // nothing may follow
    if (payload.empty()) return {Kind::close, {}, 0};
    if (payload.size() < 2) return broken(protocol_error);
    const auto byte = [&](std::size_t i) { return static_cast<std::uint16_t>(static_cast<std::uint8_t>(payload[i])); };
    const auto code = static_cast<std::uint16_t>(byte(0) << 8U | byte(1));
    if (!is_close_code(code)) return broken(protocol_error);
    if (!protocol::is_utf8(payload.substr(2))) return broken(not_utf8);
    return {Kind::close, payload.substr(2), code};
  }
  default:
    return {std::exchange(message_opcode_, std::uint8_t{0}) == text ? Kind::text : Kind::binary, payload, 0};
  }
}

void FrameReader::skip_messages() {
  skips_ = true;
  if (!is_returned_ || is_control()) std::string().swap(message_);
}

} // namespace nvrhub::net
