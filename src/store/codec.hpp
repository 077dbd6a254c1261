#pragma once

#include <string>
#include <string_view>

#include "fleet/event.hpp"
#include "store/records.hpp"
#include "store/try.hpp"
#include "store/wire.hpp"

namespace nvrhub::store {

// A record on disk: 8 bytes of checksum, 1 byte of version, the payload. The checksum covers table, key, version and
// payload, so a record that was damaged, or that landed under another key, does not pass for one.

inline constexpr std::uint8_t record_version = 1;

void write(ByteWriter& out, const NvrRecord& record);
void write(ByteWriter& out, const CameraRecord& record);
void write(ByteWriter& out, const HostnameRecord& record);
void write(ByteWriter& out, const SeenRecord& record);
void write(ByteWriter& out, const SchemaRecord& record);
void write(ByteWriter& out, const EpochRecord& record);
void write(ByteWriter& out, const HeadRecord& record);
void write(ByteWriter& out, const SessionsRecord& record);
void write(ByteWriter& out, const IdentityRecord& record);
void write(ByteWriter& out, const TokensRecord& record);
void write(ByteWriter& out, const Counts& record);
void write(ByteWriter& out, const CheckpointRecord& record);
void write(ByteWriter& out, const RunRecord& record);
void write(ByteWriter& out, const SampleRecord& record);
/// All but `seq`, which is the key, and `device_name`, which the state knows.
void write(ByteWriter& out, const fleet::Event& event);

void read(ByteReader& in, NvrRecord& record);
void read(ByteReader& in, CameraRecord& record);
void read(ByteReader& in, HostnameRecord& record);
void read(ByteReader& in, SeenRecord& record);
void read(ByteReader& in, SchemaRecord& record);
void read(ByteReader& in, EpochRecord& record);
void read(ByteReader& in, HeadRecord& record);
void read(ByteReader& in, SessionsRecord& record);
void read(ByteReader& in, IdentityRecord& record);
void read(ByteReader& in, TokensRecord& record);
void read(ByteReader& in, Counts& record);
void read(ByteReader& in, CheckpointRecord& record);
void read(ByteReader& in, RunRecord& record);
void read(ByteReader& in, SampleRecord& record);
void read(ByteReader& in, fleet::Event& event);

/// Makes room for the head of a record in an emptied `bytes`, and fills it in once the payload stands behind it.
void begin_record(std::string& bytes);
void seal_record(Table table, std::string_view key, std::string& bytes);
/// The payload of a record that is what was written.
Result<std::string_view> open_record(Table table, std::string_view key, std::string_view bytes);

/// For messages: "record 7/door of table cameras".
std::string describe(Table table, std::string_view key);
Error undecodable(Table table, std::string_view key);

template <class Record>
void encode(Table table, std::string_view key, const Record& record, std::string& bytes) {
  begin_record(bytes);
  ByteWriter out(bytes);
  write(out, record);
  seal_record(table, key, bytes);
}

template <class Record>
Result<Record> decode(Table table, std::string_view key, std::string_view bytes) {
  NVRHUB_LET(payload, open_record(table, key, bytes));
  ByteReader in(payload);
  Record record;
  read(in, record);
  if (!in.complete()) return tl::make_unexpected(undecodable(table, key));
  return record;
}

} // namespace nvrhub::store
