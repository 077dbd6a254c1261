#include "store/codec.hpp"

namespace nvrhub::store {

namespace {

enum : std::uint8_t { status_other, status_online, status_offline };

void write(ByteWriter& out, const fleet::Status& status) {
  if (status.is_online()) return out.byte(status_online);
  if (status.is_offline()) return out.byte(status_offline);
  out.byte(status_other);
  out.text(status.text());
}

void read(ByteReader& in, fleet::Status& status) {
  switch (in.byte()) {
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

fleet::Source read_source(ByteReader& in) {
  return in.code<fleet::Source>(4);
}
bool read_bool(ByteReader& in) {
  return in.code<std::uint8_t>(2) != 0;
}

/// A list's length, or a failure if even the shortest elements would not fit into what is left.
std::size_t read_count(ByteReader& in, std::size_t least_bytes) {
  const std::uint64_t count = in.varint();
  return count <= in.left() / least_bytes ? static_cast<std::size_t>(count) : in.fail();
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
  nvr.cameras.resize(read_count(in, 5));
  for (fleet::Camera& camera : nvr.cameras) {
    camera.name = in.text();
    camera.ip_address = in.text();
    read(in, camera.status);
    camera.source = read_source(in);
    camera.since = in.zigzag();
  }
}

void write(ByteWriter& out, const fleet::Facts& facts) {
  out.byte(static_cast<std::uint8_t>((facts.there ? 1 : 0) | (facts.online ? 2 : 0)));
  out.varint(facts.cameras_online);
  out.varint(facts.cameras_offline);
  out.varint(facts.cameras_other);
}

void read(ByteReader& in, fleet::Facts& facts) {
  const std::uint8_t flags = in.code<std::uint8_t>(4);
  facts.there = (flags & 1) != 0;
  facts.online = (flags & 2) != 0;
  facts.cameras_online = in.number<std::uint32_t>();
  facts.cameras_offline = in.number<std::uint32_t>();
  facts.cameras_other = in.number<std::uint32_t>();
}

// What stands in an event record beside its fixed fields.
enum : std::uint8_t { has_cause = 1, has_cameras = 2, has_nvr = 4, has_detail = 8, has_before = 16, all_flags = 31 };

} // namespace

void write(ByteWriter& out, const NvrRecord& record) {
  out.text(record.hostname);
  out.text(record.device_name);
  out.text(record.site);
  out.byte(record.online ? 1 : 0);
  out.varint(record.session);
  out.varint(record.offline_seq);
  out.zigzag(record.offline_at);
  out.varint(record.cameras);
  out.varint(record.cameras_online);
  out.varint(record.cameras_other);
}

void read(ByteReader& in, NvrRecord& record) {
  record.hostname = in.text();
  record.device_name = in.text();
  record.site = in.text();
  record.online = read_bool(in);
  record.session = in.varint();
  record.offline_seq = in.varint();
  record.offline_at = in.zigzag();
  record.cameras = in.number<std::uint32_t>();
  record.cameras_online = in.number<std::uint32_t>();
  record.cameras_other = in.number<std::uint32_t>();
}

void write(ByteWriter& out, const CameraRecord& record) {
  write(out, record.status);
  out.byte(static_cast<std::uint8_t>(record.source));
  out.zigzag(record.since);
  out.varint(record.seq);
  out.text(record.ip_address);
}

void read(ByteReader& in, CameraRecord& record) {
  read(in, record.status);
  record.source = read_source(in);
  record.since = in.zigzag();
  record.seq = in.varint();
  record.ip_address = in.text();
}

void write(ByteWriter& out, const HostnameRecord& record) {
  out.varint(record.id);
}
void read(ByteReader& in, HostnameRecord& record) {
  record.id = in.number<fleet::NvrId>();
}

void write(ByteWriter& out, const SeenRecord& record) {
  out.zigzag(record.last_seen);
}
void read(ByteReader& in, SeenRecord& record) {
  record.last_seen = in.zigzag();
}

void write(ByteWriter& out, const SchemaRecord& record) {
  out.varint(record.version);
}
void read(ByteReader& in, SchemaRecord& record) {
  record.version = in.number<std::uint32_t>();
}

void write(ByteWriter& out, const EpochRecord& record) {
  out.text(record.epoch);
}
void read(ByteReader& in, EpochRecord& record) {
  record.epoch = in.text();
}

void write(ByteWriter& out, const HeadRecord& record) {
  out.varint(record.begin);
  out.zigzag(record.begin_at);
  out.varint(record.seq);
  out.zigzag(record.at);
  out.varint(record.next_nvr);
}

void read(ByteReader& in, HeadRecord& record) {
  record.begin = in.varint();
  record.begin_at = in.zigzag();
  record.seq = in.varint();
  record.at = in.zigzag();
  record.next_nvr = in.number<fleet::NvrId>();
}

void write(ByteWriter& out, const SessionsRecord& record) {
  out.varint(record.ceiling);
}
void read(ByteReader& in, SessionsRecord& record) {
  record.ceiling = in.varint();
}

void write(ByteWriter& out, const IdentityRecord& record) {
  out.varint(record.inode);
  out.zigzag(record.changed_ns);
  out.varint(record.run);
  out.varint(record.data_inode);
  out.byte(record.rewriting ? 1 : 0);
}

void read(ByteReader& in, IdentityRecord& record) {
  record.inode = in.varint();
  record.changed_ns = in.zigzag();
  record.run = in.varint();
  record.data_inode = in.varint();
  record.rewriting = read_bool(in);
}

void write(ByteWriter& out, const TokensRecord& record) {
  out.varint(record.ids.size());
  for (const std::string& id : record.ids)
    out.text(id);
}

void read(ByteReader& in, TokensRecord& record) {
  for (std::uint64_t count = in.varint(); count > 0 && in.ok(); --count)
    record.ids.emplace_back(in.text());
}

void write(ByteWriter& out, const Counts& record) {
  out.varint(record.nvrs_online);
  out.varint(record.nvrs_offline);
  out.varint(record.cameras_online);
  out.varint(record.cameras_offline);
  out.varint(record.cameras_other);
}

void read(ByteReader& in, Counts& record) {
  record.nvrs_online = in.varint();
  record.nvrs_offline = in.varint();
  record.cameras_online = in.varint();
  record.cameras_offline = in.varint();
  record.cameras_other = in.varint();
}

void write(ByteWriter& out, const CheckpointRecord& record) {
  write(out, record.nvr);
}
void read(ByteReader& in, CheckpointRecord& record) {
  read(in, record.nvr);
}

void write(ByteWriter& out, const RunRecord& record) {
  out.zigzag(record.from);
  out.zigzag(record.to);
}
void read(ByteReader& in, RunRecord& record) {
  record.from = in.zigzag();
  record.to = in.zigzag();
}

void write(ByteWriter& out, const SampleRecord& record) {
  out.varint(record.head);
  write(out, record.counts);
}
void read(ByteReader& in, SampleRecord& record) {
  record.head = in.varint();
  read(in, record.counts);
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
    for (const fleet::CameraChange& change : event.cameras) {
      out.text(change.name);
      write(out, change.status);
      out.byte(static_cast<std::uint8_t>(change.source));
    }
  }
  if (event.nvr) write(out, *event.nvr);
  if (!event.detail.empty()) out.text(event.detail);
  if (!event.hostname_before.empty()) {
    out.text(event.hostname_before);
    out.text(event.site_before);
  }
}

void read(ByteReader& in, fleet::Event& event) {
  event.kind = in.code<fleet::Kind>(7);
  const std::uint8_t flags = in.code<std::uint8_t>(all_flags + 1);
  event.at = in.zigzag();
  event.nvr_id = in.number<fleet::NvrId>();
  event.hostname = in.text();
  event.site = in.text();
  read(in, event.before);
  read(in, event.after);
  event.cameras_updated = in.number<std::uint32_t>();
  if ((flags & has_cause) != 0) event.cause = in.code<fleet::Cause>(6);
  if ((flags & has_cameras) != 0) {
    event.cameras.resize(read_count(in, 3));
    for (fleet::CameraChange& change : event.cameras) {
      change.name = in.text();
      read(in, change.status);
      change.source = read_source(in);
    }
  }
  if ((flags & has_nvr) != 0) read(in, event.nvr.emplace());
  if ((flags & has_detail) != 0) event.detail = in.text();
  if ((flags & has_before) != 0) {
    event.hostname_before = in.text();
    event.site_before = in.text();
  }
  if (event.kind == fleet::Kind::registered && !event.nvr) in.fail();
}

} // namespace nvrhub::store
