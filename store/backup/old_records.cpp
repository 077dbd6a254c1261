#include "store/backup/old_records.hpp"

#include "store/records/keys.hpp"
#include "store/records/record.hpp"
#include "store/try.hpp"

namespace nvrhub::store::old {

namespace {

void write_status(ByteWriter& out, const fleet::Status& status) {
  if (status.is_online()) return out.byte(1);
  if (status.is_offline()) return out.byte(2);
  out.byte(0);
  out.text(status.text());
}

void write_nvr(ByteWriter& out, const fleet::Nvr& nvr) {
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
    write_status(out, camera.status);
    out.byte(static_cast<std::uint8_t>(camera.source));
    out.zigzag(camera.since);
  }
}

void write_summary(ByteWriter& out, const fleet::NvrSummary& summary) {
  out.byte(static_cast<std::uint8_t>((summary.exists ? 1 : 0) | (summary.online ? 2 : 0)));
  out.varint(summary.cameras_online);
  out.varint(summary.cameras_offline);
  out.varint(summary.cameras_other);
}

fleet::NvrSummary read_summary(ByteReader& in) {
  fleet::NvrSummary summary;
  const std::uint8_t flags = in.code<std::uint8_t>(4);
  summary.exists = (flags & 1) != 0;
  summary.online = (flags & 2) != 0;
  summary.cameras_online = in.number<std::uint32_t>();
  summary.cameras_offline = in.number<std::uint32_t>();
  summary.cameras_other = in.number<std::uint32_t>();
  return summary;
}

// The optional fields of an event of schema 2.
enum : std::uint8_t { v2_cause = 1, v2_cameras = 2, v2_nvr = 4, v2_detail = 8, v2_before = 16, v2_flags = 31 };

void write_event_v2(ByteWriter& out, const fleet::Event& event) {
  out.byte(static_cast<std::uint8_t>(event.kind));
  out.byte(static_cast<std::uint8_t>((event.cause ? v2_cause : 0) | (event.cameras.empty() ? 0 : v2_cameras) |
                                     (event.nvr ? v2_nvr : 0) | (event.detail.empty() ? 0 : v2_detail) |
                                     (event.hostname_before.empty() ? 0 : v2_before)));
  out.zigzag(event.at);
  out.varint(event.nvr_id);
  out.text(event.hostname);
  out.text(event.site);
  write_summary(out, event.before);
  write_summary(out, event.after);
  out.varint(event.cameras_updated);
  if (event.cause) out.byte(static_cast<std::uint8_t>(*event.cause));
  if (!event.cameras.empty()) {
    out.varint(event.cameras.size());
    for (const fleet::CameraChange& change : event.cameras) {
      out.text(change.name);
      write_status(out, change.status);
      out.byte(static_cast<std::uint8_t>(change.source));
    }
  }
  if (event.nvr) write_nvr(out, *event.nvr);
  if (!event.detail.empty()) out.text(event.detail);
  if (!event.hostname_before.empty()) {
    out.text(event.hostname_before);
    out.text(event.site_before);
  }
}

fleet::Event read_event_v2(ByteReader& in) {
  fleet::Event event;
  event.kind = in.code<fleet::Kind>(7);
  const std::uint8_t flags = in.code<std::uint8_t>(v2_flags + 1);
  event.at = in.zigzag();
  event.nvr_id = in.number<fleet::NvrId>();
  event.hostname = in.text();
  event.site = in.text();
  event.before = read_summary(in);
  event.after = read_summary(in);
  event.cameras_updated = in.number<std::uint32_t>();
  if ((flags & v2_cause) != 0) event.cause = in.code<fleet::Cause>(6);
  if ((flags & v2_cameras) != 0) {
    event.cameras.resize(read_count(in, 3));
    for (fleet::CameraChange& change : event.cameras) {
      change.name = in.text();
      change.status = read_status(in);
      change.source = in.code<fleet::Source>(4);
    }
  }
  if ((flags & v2_nvr) != 0) event.nvr = read_nvr(in);
  if ((flags & v2_detail) != 0) event.detail = in.text();
  if ((flags & v2_before) != 0) {
    event.hostname_before = in.text();
    event.site_before = in.text();
  }
  if (event.kind == fleet::Kind::registered && !event.nvr) in.fail();
  return event;
}

} // namespace

std::size_t read_count(ByteReader& in, std::size_t min_bytes) {
  const std::uint64_t count = in.varint();
  return count <= in.left() / min_bytes ? static_cast<std::size_t>(count) : in.fail();
}

fleet::Status read_status(ByteReader& in) {
  switch (in.byte()) {
  case 1:
    return fleet::Status::online();
  case 2:
    return fleet::Status::offline();
  case 0:
    if (const auto status = fleet::Status::parse(in.text())) return *status;
    break;
  default:
    break;
  }
  in.fail();
  return fleet::Status::offline();
}

fleet::Nvr read_nvr(ByteReader& in) {
  fleet::Nvr nvr;
  nvr.id = in.number<fleet::NvrId>();
  nvr.hostname = in.text();
  nvr.device_name = in.text();
  nvr.site = in.text();
  nvr.online = in.code<std::uint8_t>(2) != 0;
  nvr.last_seen = in.zigzag();
  nvr.session = in.varint();
  nvr.cameras.resize(read_count(in, 5));
  for (fleet::Camera& camera : nvr.cameras) {
    camera.name = in.text();
    camera.ip_address = in.text();
    camera.status = read_status(in);
    camera.source = in.code<fleet::Source>(4);
    camera.since = in.zigzag();
  }
  return nvr;
}

Result<fleet::Event> decode_event_v2(std::string_view key, std::string_view value) {
  NVRHUB_LET(payload, open_record(Table::events, key, value));
  ByteReader in(payload);
  fleet::Event event = read_event_v2(in);
  const auto seq = seq_of_key(key);
  if (!in.complete() || !seq) return tl::make_unexpected(malformed_record(Table::events, key));
  event.seq = *seq;
  return event;
}

void encode_event_v2(std::string_view key, const fleet::Event& event, std::string& bytes) {
  begin_record(bytes);
  ByteWriter out(bytes);
  write_event_v2(out, event);
  seal_record(Table::events, key, bytes);
}

Result<NvrRecord> decode_nvr_v4(Table table, std::string_view key, std::string_view value) {
  NVRHUB_LET(payload, open_record(table, key, value));
  ByteReader in(payload);
  NvrRecord record;
  record.hostname = in.text();
  record.device_name = in.text();
  record.site = in.text();
  record.online = in.code<std::uint8_t>(2) != 0;
  record.session = in.varint();
  record.offline_seq = in.varint();
  record.offline_at = in.zigzag();
  record.cameras = in.number<std::uint32_t>();
  record.cameras_online = in.number<std::uint32_t>();
  record.cameras_other = in.number<std::uint32_t>();
  if (!in.complete()) return tl::make_unexpected(malformed_record(table, key));
  return record;
}

Result<void> read_nvrs_v4(ReadTxn& txn, const StateTables& tables, const VisitNvr& visit) {
  return each_row(txn, tables.nvrs, {}, [&](std::string_view key, std::string_view value) -> Result<bool> {
    const auto id = id_of_key(key);
    if (!id) return tl::make_unexpected(malformed_record(tables.nvrs, key));
    NVRHUB_LET(record, decode_nvr_v4(tables.nvrs, key, value));
    NVRHUB_LET(nvr, assemble_nvr(txn, tables, *id, record));
    return visit(std::move(nvr), record);
  });
}

} // namespace nvrhub::store::old
