// Encoding of the records that belong to the replicated log.
#include "store/records/codec.hpp"

namespace nvrhub::store {

namespace {

enum : std::uint8_t { has_joined = 1, is_lost = 2, all_origin_flags = 3 };

void write_fixed(ByteWriter& out, std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8)
    out.byte(static_cast<std::uint8_t>(value >> shift));
}

std::uint64_t read_fixed(ByteReader& in) {
  std::uint64_t value = 0;
  for (int i = 0; i < 8; ++i)
    value = (value << 8) | in.byte();
  return value;
}

} // namespace

void write(ByteWriter& out, const ChainHash& hash) {
  write_fixed(out, hash.high);
  write_fixed(out, hash.low);
}

void read(ByteReader& in, ChainHash& hash) {
  hash.high = read_fixed(in);
  hash.low = read_fixed(in);
}

void write(ByteWriter& out, const LogRecord& record) {
  out.varint(record.last.position);
  write(out, record.last.hash);
  out.varint(record.entries);
  out.varint(record.next_origin);
}

void read(ByteReader& in, LogRecord& record) {
  record.last.position = in.varint();
  read(in, record.last.hash);
  record.entries = in.varint();
  record.next_origin = in.number<OriginNumber>();
}

void write(ByteWriter& out, const ClusterRecord& record) {
  out.text(record.id);
}
void read(ByteReader& in, ClusterRecord& record) {
  record.id = in.text();
}

void write(ByteWriter& out, const ChainRecord& record) {
  write(out, record.hash);
}
void read(ByteReader& in, ChainRecord& record) {
  read(in, record.hash);
}

void write(ByteWriter& out, const PartRecord& record) {
  out.text(record.bytes);
}
void read(ByteReader& in, PartRecord& record) {
  record.bytes = in.text();
}

void write(ByteWriter& out, const OriginState& record) {
  out.varint(record.number);
  out.varint(record.last_entry);
  out.byte(static_cast<std::uint8_t>((record.joined ? has_joined : 0) | (record.lost ? is_lost : 0)));
  if (record.joined) {
    out.varint(record.joined_position);
    out.zigzag(record.joined_at);
    out.text(record.announcement);
  }
  if (record.lost) {
    out.varint(record.lost_position);
    out.zigzag(record.lost_at);
    out.varint(record.grace_ms);
  }
}

void read(ByteReader& in, OriginState& record) {
  record.number = in.number<OriginNumber>();
  record.last_entry = in.varint();
  const auto flags = in.code<std::uint8_t>(all_origin_flags + 1);
  record.joined = (flags & has_joined) != 0;
  record.lost = (flags & is_lost) != 0;
  if (record.joined) {
    record.joined_position = in.varint();
    record.joined_at = in.zigzag();
    record.announcement = in.text();
  }
  if (record.lost) {
    record.lost_position = in.varint();
    record.lost_at = in.zigzag();
    record.grace_ms = in.varint();
  }
}

} // namespace nvrhub::store
