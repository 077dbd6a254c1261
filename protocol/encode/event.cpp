#include "protocol/encode/encode.hpp"
#include "protocol/encode/nvr.hpp"
#include "protocol/json/writer.hpp"

namespace nvrhub::protocol {

namespace {

void write_cameras(Writer& writer, const fleet::Event& event) {
  writer.key("cameras").begin_array();
  for (const fleet::CameraChange& change : event.cameras) {
    writer.begin_object()
        .field("name", change.name)
        .field("status", change.status.text())
        .field("from", change.from.text())
        .field("status_source", to_string(change.source))
        .end_object();
  }
  writer.end_array();
}

void begin_event(Writer& writer, const fleet::Event& event, std::string_view kind) {
  writer.begin_object().field("seq", event.seq).field("timestamp", iso8601(event.at)).field("kind", kind);
  if (event.nvr_id != 0) writer.field("nvr_id", event.nvr_id);
  if (!event.hostname.empty()) writer.field("hostname", event.hostname);
}

} // namespace

std::string encode_feed(const fleet::Event& event) {
  const bool online = event.after.online && event.kind != fleet::Kind::removed;
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

std::string encode_event(const fleet::Event& event, Detail detail, bool unconfirmed) {
  if (detail == Detail::nvr && event.kind == fleet::Kind::cameras) return {};
  Writer writer(192 + event.hostname.size() + (detail == Detail::camera ? event.cameras.size() * 96 : 64));
  begin_event(writer, event, to_string(event.kind));
  switch (event.kind) {
  case fleet::Kind::nvr_online:
  case fleet::Kind::cameras:
    writer.field("cameras_updated", event.cameras_updated);
    if (detail == Detail::camera) write_cameras(writer, event);
    break;
  case fleet::Kind::nvr_offline:
    if (event.cause) writer.field("cause", to_string(*event.cause));
    writer.field("cameras_updated", event.cameras_updated);
    break;
  case fleet::Kind::registered:
    if (event.nvr) {
      writer.key("nvr");
      write_nvr(writer, *event.nvr, unconfirmed, detail);
    }
    return writer.end_object().take();
  case fleet::Kind::removed:
    return writer.end_object().take();
  case fleet::Kind::alert:
    return writer.key("alert").raw(event.detail).end_object().take();
  case fleet::Kind::conflict:
  case fleet::Kind::admin:
    return writer.field("detail", event.detail).end_object().take();
  }
  if (detail == Detail::counts) write_camera_counts(writer, event.after);
  return writer.end_object().take();
}

std::string encode_entered(const fleet::Event& last, std::string_view nvr) {
  Writer writer(160 + nvr.size());
  begin_event(writer, last, "entered");
  return writer.key("nvr").raw(nvr).end_object().take();
}

std::string encode_left(const fleet::Event& last) {
  Writer writer(160);
  begin_event(writer, last, "left");
  return writer.end_object().take();
}

} // namespace nvrhub::protocol
