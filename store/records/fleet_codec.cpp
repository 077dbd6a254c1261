#include "store/records/fleet_codec.hpp"

namespace nvrhub::store {

namespace {

enum : std::uint8_t { status_other, status_online, status_offline };

std::uint8_t code_of(const fleet::Status& status) {
  return status.is_online() ? status_online : status.is_offline() ? status_offline : status_other;
}

void write_coded(ByteWriter& out, std::uint8_t code, const fleet::Status& status) {
  if (code == status_other) out.text(status.text());
}

void read_coded(ByteReader& in, std::uint8_t code, fleet::Status& status) {
  switch (code) {
  case status_online:
    status = fleet::Status::online();
    return;
  case status_offline:
    status = fleet::Status::offline();
    return;
  case status_other:
    if (const auto parsed = fleet::Status::parse(in.text())) {
      status = *parsed;
      return;
    }
    [[fallthrough]];
  default:
    in.fail();
  }
}

/// One byte holds the codes of both statuses (2 bits each) and the source (2 bits); texts of other statuses follow.
void write(ByteWriter& out, const fleet::CameraChange& change) {
  const std::uint8_t status = code_of(change.status);
  const std::uint8_t from = code_of(change.from);
  out.text(change.name);
  out.byte(static_cast<std::uint8_t>(status | (static_cast<unsigned>(from) << 2) |
                                     (static_cast<unsigned>(change.source) << 4)));
  write_coded(out, status, change.status);
  write_coded(out, from, change.from);
}

void read(ByteReader& in, fleet::CameraChange& change) {
  change.name = in.text();
  const auto codes = in.code<std::uint8_t>(64);
  change.source = static_cast<fleet::Source>(codes >> 4);
  read_coded(in, codes & 3, change.status);
  read_coded(in, (codes >> 2) & 3, change.from);
}

void write(ByteWriter& out, const fleet::NvrSummary& nvr_summary) {
  out.byte(static_cast<std::uint8_t>((nvr_summary.exists ? 1 : 0) | (nvr_summary.online ? 2 : 0)));
  out.varint(nvr_summary.cameras_online);
  out.varint(nvr_summary.cameras_offline);
  out.varint(nvr_summary.cameras_other);
}

void read(ByteReader& in, fleet::NvrSummary& nvr_summary) {
  const std::uint8_t flags = in.code<std::uint8_t>(4);
  nvr_summary.exists = (flags & 1) != 0;
  nvr_summary.online = (flags & 2) != 0;
  nvr_summary.cameras_online = in.number<std::uint32_t>();
  nvr_summary.cameras_offline = in.number<std::uint32_t>();
  nvr_summary.cameras_other = in.number<std::uint32_t>();
}

// The optional fields that an event record has.
enum : std::uint8_t { has_cause = 1, has_cameras = 2, has_nvr = 4, has_detail = 8, has_before = 16, all_flags = 31 };

} // namespace

bool read_bool(ByteReader& in) {
  return in.code<std::uint8_t>(2) != 0;
}

fleet::Source read_source(ByteReader& in) {
  return in.code<fleet::Source>(4);
}

void write(ByteWriter& out, const fleet::Status& status) {
  const std::uint8_t code = code_of(status);
  out.byte(code);
  write_coded(out, code, status);
}

void read(ByteReader& in, fleet::Status& status) {
  read_coded(in, in.byte(), status);
}

void write(ByteWriter& out, const fleet::Nvr& nvr) {
  out.varint(nvr.id);
  out.text(nvr.hostname);
  out.text(nvr.device_name);
  out.text(nvr.site);
  out.byte(nvr.online ? 1 : 0);
  out.zigzag(nvr.last_seen);
  out.varint(nvr.session);
  out.varint(nvr.cameras.size());
  for (const fleet::Camera& camera : nvr.cameras) {
    out.text(camera.name);
    out.text(camera.ip_address);
    write(out, camera.status);
    out.byte(static_cast<std::uint8_t>(camera.source));
    out.zigzag(camera.since);
  }
}

void read(ByteReader& in, fleet::Nvr& nvr) {
  nvr.id = in.number<fleet::NvrId>();
  nvr.hostname = in.text();
  nvr.device_name = in.text();
  nvr.site = in.text();
  nvr.online = read_bool(in);
  nvr.last_seen = in.zigzag();
  nvr.session = in.varint();
  nvr.cameras.resize(in.count(5));
  for (fleet::Camera& camera : nvr.cameras) {
    camera.name = in.text();
    camera.ip_address = in.text();
    read(in, camera.status);
    camera.source = read_source(in);
    camera.since = in.zigzag();
  }
}

void write(ByteWriter& out, const fleet::Event& event) {
  out.byte(static_cast<std::uint8_t>(event.kind));
  out.byte(static_cast<std::uint8_t>((event.cause ? has_cause : 0) | (event.cameras.empty() ? 0 : has_cameras) |
                                     (event.nvr ? has_nvr : 0) | (event.detail.empty() ? 0 : has_detail) |
                                     (event.hostname_before.empty() ? 0 : has_before)));
  out.zigzag(event.at);
  out.varint(event.nvr_id);
  out.text(event.hostname);
  out.text(event.site);
  write(out, event.before);
  write(out, event.after);
  out.varint(event.cameras_updated);
  if (event.cause) out.byte(static_cast<std::uint8_t>(*event.cause));
  if (!event.cameras.empty()) {
    out.varint(event.cameras.size());
    for (const fleet::CameraChange& change : event.cameras)
      write(out, change);
  }
  if (event.nvr) write(out, *event.nvr);
  if (!event.detail.empty()) out.text(event.detail);
  if (!event.hostname_before.empty()) {
    out.text(event.hostname_before);
    out.text(event.site_before);
  }
}

void read_draft(ByteReader& in, fleet::Event& event) {
  event.kind = in.code<fleet::Kind>(fleet::kind_count);
  const std::uint8_t flags = in.code<std::uint8_t>(all_flags + 1);
  event.at = in.zigzag();
  event.nvr_id = in.number<fleet::NvrId>();
  event.hostname = in.text();
  event.site = in.text();
  read(in, event.before);
  read(in, event.after);
  event.cameras_updated = in.number<std::uint32_t>();
  if ((flags & has_cause) != 0) event.cause = in.code<fleet::Cause>(fleet::cause_count);
  if ((flags & has_cameras) != 0) {
    event.cameras.resize(in.count(2));
    for (fleet::CameraChange& change : event.cameras)
      read(in, change);
  }
  if ((flags & has_nvr) != 0) read(in, event.nvr.emplace());
  if ((flags & has_detail) != 0) event.detail = in.text();
  if ((flags & has_before) != 0) {
    event.hostname_before = in.text();
    event.site_before = in.text();
  }
}

void read(ByteReader& in, fleet::Event& event) {
  read_draft(in, event);
  if (event.kind == fleet::Kind::registered && !event.nvr) in.fail();
}

} // namespace nvrhub::store
