#include "protocol/encode_nvr.hpp"

#include "protocol/encode.hpp"

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

} // namespace

void write_nvr(Writer& writer, const fleet::Nvr& nvr, bool unconfirmed) {
  writer.begin_object()
      .field("nvr_id", nvr.id)
      .field("hostname", nvr.hostname)
      .field("device_name", nvr.device_name)
      .text_or_null("site", nvr.site)
      .field("status", nvr_status(nvr.online));
  write_time_or_null(writer, "last_seen", nvr.last_seen);
  writer.field("unconfirmed", unconfirmed).key("cameras").begin_array();
  for (const fleet::Camera& camera : nvr.cameras) {
    writer.begin_object()
        .field("name", camera.name)
        .field("status", camera.status.text())
        .text_or_null("ip_address", camera.ip_address)
        .field("status_source", to_string(camera.source));
    write_time_or_null(writer, "since", camera.since);
    writer.end_object();
  }
  writer.end_array().end_object();
}

std::string encode_nvr(const fleet::Nvr& nvr, bool unconfirmed) {
  Writer writer(256 + nvr.cameras.size() * 144);
  write_nvr(writer, nvr, unconfirmed);
  return writer.take();
}

} // namespace nvrhub::protocol
