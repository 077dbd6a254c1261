#include "store/records/codec.hpp"

namespace nvrhub::store {

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
  out.varint(record.version);
  if (record.holder != 0) out.varint(record.holder); // a single server writes none
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
  record.version = in.number<fleet::NvrVersion>();
  if (in.left() == 0) return;
  record.holder = in.number<OriginNumber>();
  if (record.holder == 0) in.fail();
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

void write(ByteWriter& out, const SidecarRecord& record) {
  out.varint(record.inode);
  out.zigzag(record.born_ns);
  out.zigzag(record.changed_ns);
  out.varint(record.run);
  out.varint(record.data_inode);
  out.zigzag(record.data_born_ns);
  out.byte(record.sealed ? 1 : 0);
  out.varint(record.replaced_inode);
  out.varint(record.replaced_run);
}

void read(ByteReader& in, SidecarRecord& record) {
  record.inode = in.varint();
  record.born_ns = in.zigzag();
  record.changed_ns = in.zigzag();
  record.run = in.varint();
  record.data_inode = in.varint();
  record.data_born_ns = in.zigzag();
  record.sealed = read_bool(in);
  record.replaced_inode = in.varint();
  record.replaced_run = in.varint();
}

void write(ByteWriter& out, const ClockRecord& record) {
  out.zigzag(record.vouched);
}
void read(ByteReader& in, ClockRecord& record) {
  record.vouched = in.zigzag();
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

void write(ByteWriter& out, const AlertRecord& record) {
  out.text(record.bytes);
}
void read(ByteReader& in, AlertRecord& record) {
  record.bytes = in.text();
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

} // namespace nvrhub::store
