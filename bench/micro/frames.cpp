#include "net/frames.hpp"

#include <span>

#include "client.hpp"
#include "heartbeat.hpp"
#include "paths.hpp"
#include "protocol/limits.hpp"

namespace bench {

using nvrhub::net::FrameReader;

namespace {

/// The reader unmasks in place, so every other frame is one in plain text whose bytes it masks: the same work.
struct Frame {
  FrameReader reader{nvrhub::protocol::default_max_message};
  std::string bytes = frame(heartbeat(0));

  bool read() {
    std::span<char> left(bytes);
    const bool is_text = reader.next(left).kind == FrameReader::Kind::text;
    reader.forget_told();
    return is_text && left.empty();
  }
};

} // namespace

std::vector<Path> frame_paths() {
  return {{"frame/heartbeat", [frame = Frame()]() mutable { return frame.read(); }}};
}

} // namespace bench
