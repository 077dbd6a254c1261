#include "protocol/encode.hpp"
#include "protocol/encode_nvr.hpp"
#include "protocol/writer.hpp"

namespace nvrhub::protocol {

namespace {

void write_cameras(Writer& writer, const fleet::Event& event) {
  writer.field("cameras_updated", event.cameras_updated).key("cameras").begin_array();
  for (const fleet::CameraChange& change : event.cameras) {
    writer.begin_object()
        .field("name", change.name)
        .field("status", change.status.text())
        .field("status_source", to_string(change.source))
        .end_object();
  }
  writer.end_array();
}

} // namespace

std::string encode_feed(const fleet::Event& event) {
  const bool online = event.online && event.kind != fleet::Kind::removed;
  Writer writer(256 + event.hostname.size() + event.device_name.size());
  writer.begin_object()
      .field("type", "nvr_status_update")
      .field("hostname", event.hostname)
      .field("device_name", event.device_name)
      .field("nvr_id", event.nvr_id)
      .field("cameras_updated", event.cameras_updated)
      .field("timestamp", iso8601(event.at))
      .field("status", nvr_status(online))
      .field("seq", event.seq);
  if (event.kind == fleet::Kind::nvr_offline && event.cause) writer.field("cause", to_string(*event.cause));
  return writer.end_object().take();
}

std::string encode_event(const fleet::Event& event) {
  Writer writer(192 + event.hostname.size() + event.cameras.size() * 80);
  writer.begin_object()
      .field("seq", event.seq)
      .field("timestamp", iso8601(event.at))
      .field("kind", to_string(event.kind));
  if (event.nvr_id != 0) writer.field("nvr_id", event.nvr_id);
  if (!event.hostname.empty()) writer.field("hostname", event.hostname);
  switch (event.kind) {
  case fleet::Kind::nvr_online:
  case fleet::Kind::cameras:
    write_cameras(writer, event);
    break;
  case fleet::Kind::nvr_offline:
    if (event.cause) writer.field("cause", to_string(*event.cause));
    writer.field("cameras_updated", event.cameras_updated);
    break;
  case fleet::Kind::registered:
    if (event.nvr) {
      writer.key("nvr");
      write_nvr(writer, *event.nvr, false);
    }
    break;
  case fleet::Kind::removed:
    break;
  case fleet::Kind::conflict:
  case fleet::Kind::admin:
    writer.field("detail", event.detail);
    break;
  }
  return writer.end_object().take();
}

} // namespace nvrhub::protocol
