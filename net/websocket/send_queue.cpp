#include "net/websocket/send_queue.hpp"

namespace nvrhub::net {

void append_text_frame(std::string& frames, std::string_view text) {
  constexpr char final_text = static_cast<char>(0x81);
  frames.push_back(final_text);
  const auto append_length = [&](int bytes) {
    for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8)
      frames.push_back(static_cast<char>(text.size() >> shift));
  };
  if (text.size() < 126) {
    append_length(1);
  } else if (text.size() <= 0xFFFF) {
    frames.push_back(126);
    append_length(2);
  } else {
    frames.push_back(127);
    append_length(8);
  }
  frames += text;
}

Frame text_frame(std::string_view text) {
  std::string frame;
  frame.reserve(text.size() + 10);
  append_text_frame(frame, text);
  return std::make_shared<const std::string>(std::move(frame));
}

Frame control_frame(Control what, std::string_view payload) {
  std::string frame{static_cast<char>(0x80U | static_cast<unsigned>(what)), static_cast<char>(payload.size())};
  return std::make_shared<const std::string>(frame.append(payload));
}

Frame close_frame(std::uint16_t code, std::string_view reason) {
  if (code == 0) return control_frame(Control::close, {});
  const std::string bytes{static_cast<char>(code >> 8U), static_cast<char>(code & 0xFFU)};
  return control_frame(Control::close, bytes + std::string(reason));
}

std::span<iovec> SendQueue::gather(std::span<iovec> into) const {
  const std::size_t count = std::min(frames_.size() - first_, into.size());
  for (std::size_t i = 0; i < count; ++i) {
    const std::string_view frame = std::string_view(*frames_[first_ + i]).substr(i == 0 ? sent_ : 0);
    into[i] = {.iov_base = const_cast<char*>(frame.data()), .iov_len = frame.size()}; // only read from
  }
  return into.first(count);
}

void SendQueue::consume(std::size_t bytes) {
  sent_ += bytes;
  while (first_ < frames_.size() && sent_ >= frames_[first_]->size()) {
    sent_ -= frames_[first_]->size();
    bytes_ -= frames_[first_]->size();
    frames_[first_++].reset();
  }
  if (first_ < frames_.size() && first_ < compact_at) return;
  frames_.erase(frames_.begin(), frames_.begin() + static_cast<std::ptrdiff_t>(first_));
  first_ = 0;
  if (frames_.empty()) frames_.shrink_to_fit(); // thousands of sockets are idle at any time
}

void SendQueue::drop_unsent() {
  const std::size_t kept = first_ + (sent_ > 0 ? 1 : 0);
  for (; frames_.size() > kept; frames_.pop_back())
    bytes_ -= frames_.back()->size();
}

} // namespace nvrhub::net
