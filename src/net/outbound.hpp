#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace nvrhub::net {

/// Text frames that wait for one WebSocket to take them, in order. Shares the bytes with other sockets' queues.
/// Belongs to the socket's I/O thread.
class Outbound {
public:
  using Frame = std::shared_ptr<const std::string>;

  void push(Frame frame) {
    bytes_ += frame->size();
    frames_.push_back(std::move(frame));
  }
  bool empty() const { return first_ == frames_.size(); }
  const std::string& front() const { return *frames_[first_]; }
  void pop() {
    bytes_ -= frames_[first_]->size();
    frames_[first_++].reset();
    if (first_ < frames_.size() && first_ < compact_at) return;
    frames_.erase(frames_.begin(), frames_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
    if (frames_.empty()) frames_.shrink_to_fit(); // thousands of sockets are idle at any time
  }
  /// What still waits, in bytes.
  std::size_t bytes() const { return bytes_; }
  /// Forgets all but the first `count`.
  void truncate(std::size_t count) {
    while (frames_.size() > first_ + count) {
      bytes_ -= frames_.back()->size();
      frames_.pop_back();
    }
  }

private:
  static constexpr std::size_t compact_at = 64;

  std::vector<Frame> frames_;
  std::size_t first_ = 0;
  std::size_t bytes_ = 0;
};

} // namespace nvrhub::net
