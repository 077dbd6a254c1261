#include "protocol/encode/encode.hpp"

#include "heartbeat.hpp"
#include "paths.hpp"

namespace bench {

using namespace nvrhub;
using protocol::Detail;

namespace {

/// One camera of an NVR changed.
fleet::Event change() {
  fleet::Event event;
  event.seq = 1'000'000;
  event.at = 1'795'341'600'000;
  event.nvr_id = 1000;
  event.hostname = "DESKTOP-1000";
  event.device_name = "NVR Branch 1000";
  event.after = {true, true, camera_count - 1, 1, 0};
  event.cameras.push_back({camera_name(0), fleet::Status::offline(), fleet::Source::reported});
  event.cameras_updated = 1;
  return event;
}

/// The NVR came online; at detail `nvr`, camera changes are not published.
fleet::Event arrival() {
  fleet::Event event = change();
  event.kind = fleet::Kind::nvr_online;
  return event;
}

Path event_path(std::string name, fleet::Event event, Detail detail) {
  return {std::move(name),
          [event = std::move(event), detail] { return !protocol::encode_event(event, detail).empty(); }};
}

/// A batch of events in one message, as subscriptions receive them.
Path batch() {
  return {"encode/batch", [text = protocol::encode_event(change())] {
            const std::vector<protocol::EncodedEvent> events(10, {1'000'000, text});
            return !protocol::encode_batch(999'991, 1'000'000, events).empty();
          }};
}

} // namespace

std::vector<Path> encode_paths() {
  return {
      {"encode/ack",
       [] {
         return !encode(protocol::Ack{"1795341600000", 1'000'000, 1, {}}).empty();
       }},
      {"encode/auth_ok",
       [] {
         return !encode(protocol::AuthOk{"DESKTOP-1000", 1000, 123'456, camera_count, {}, std::nullopt}).empty();
       }},
      {"encode/feed", [event = change()] { return !protocol::encode_feed(event).empty(); }},
      event_path("encode/camera", change(), Detail::camera),
      event_path("encode/nvr", arrival(), Detail::nvr),
      event_path("encode/counts", change(), Detail::counts),
      batch(),
  };
}

} // namespace bench
