#include "protocol/encode/nvr.hpp"

namespace nvrhub::protocol {

namespace {

void write_time_or_null(Writer& writer, std::string_view name, fleet::WallMillis at) {
  writer.key(name);
  if (at == 0) {
    writer.null();
  } else {
    writer.value(iso8601(at));
  }
}

void write_cameras(Writer& writer, const fleet::Nvr& nvr) {
  writer.key("cameras").begin_array();
  for (const fleet::Camera& camera : nvr.cameras) {
    writer.begin_object()
        .field("name", camera.name)
        .field("status", camera.status.text())
        .text_or_null("ip_address", camera.ip_address)
        .field("status_source", to_string(camera.source));
    write_time_or_null(writer, "since", camera.since);
    writer.end_object();
  }
  writer.end_array();
}

void write_outline(Writer& writer, const fleet::Nvr& nvr, bool unconfirmed) {
  writer.begin_object()
      .field("nvr_id", nvr.id)
      .field("hostname", nvr.hostname)
      .field("device_name", nvr.device_name)
      .text_or_null("site", nvr.site)
      .field("status", nvr_status(nvr.online));
  write_time_or_null(writer, "last_seen", nvr.last_seen);
  writer.field("unconfirmed", unconfirmed);
}

} // namespace

void write_camera_counts(Writer& writer, const fleet::NvrSummary& nvr_summary) {
  writer.key("camera_counts")
      .begin_object()
      .field("online", nvr_summary.cameras_online)
      .field("offline", nvr_summary.cameras_offline)
      .field("other", nvr_summary.cameras_other)
      .end_object();
}

void write_nvr(Writer& writer, const fleet::Nvr& nvr, bool unconfirmed, Detail detail) {
  write_outline(writer, nvr, unconfirmed);
  if (detail == Detail::camera) write_cameras(writer, nvr);
  if (detail == Detail::counts) write_camera_counts(writer, summary_of(nvr));
  writer.end_object();
}

std::string encode_nvr(const fleet::Nvr& nvr, bool unconfirmed, Detail detail) {
  Writer writer(256 + (detail == Detail::camera ? nvr.cameras.size() * 144 : 64));
  write_nvr(writer, nvr, unconfirmed, detail);
  return writer.take();
}

std::string encode_outline(const fleet::Nvr& nvr, bool unconfirmed, const fleet::NvrSummary& nvr_summary,
                           Detail detail) {
  Writer writer(320);
  write_outline(writer, nvr, unconfirmed);
  if (detail == Detail::counts) write_camera_counts(writer, nvr_summary);
  return writer.end_object().take();
}

} // namespace nvrhub::protocol
