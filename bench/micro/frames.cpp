#include "net/websocket/frames.hpp"

#include <span>

#include "client.hpp"
#include "heartbeat.hpp"
#include "paths.hpp"
#include "protocol/limits.hpp"

namespace bench {

using nvrhub::net::FrameReader;

namespace {

/// The reader unmasks in place, so every second read masks plain bytes instead: the same work.
struct Frame {
  FrameReader reader{nvrhub::protocol::default_max_message};
  std::string bytes = frame(heartbeat(0));

  bool read() {
    std::span<char> left(bytes);
    const bool is_text = reader.next(left).kind == FrameReader::Kind::text;
    reader.free_returned();
    return is_text && left.empty();
  }
};

} // namespace

std::vector<Path> frame_paths() {
  return {{"frame/heartbeat", [frame = Frame()]() mutable { return frame.read(); }}};
}

} // namespace bench
