#pragma once

#include <string>
#include <string_view>

#include "store/records/fleet_codec.hpp"
#include "store/records/record.hpp"
#include "store/records/records.hpp"
#include "store/records/wire.hpp"
#include "store/try.hpp"

namespace nvrhub::store {

// Encoding of the records in records.hpp: encode() and decode() add and verify the envelope (record.hpp).

void write(ByteWriter& out, const NvrRecord& record);
void write(ByteWriter& out, const CameraRecord& record);
void write(ByteWriter& out, const HostnameRecord& record);
void write(ByteWriter& out, const SeenRecord& record);
void write(ByteWriter& out, const SchemaRecord& record);
void write(ByteWriter& out, const EpochRecord& record);
void write(ByteWriter& out, const HeadRecord& record);
void write(ByteWriter& out, const SessionsRecord& record);
void write(ByteWriter& out, const IdentityRecord& record);
void write(ByteWriter& out, const SidecarRecord& record);
void write(ByteWriter& out, const ClockRecord& record);
void write(ByteWriter& out, const TokensRecord& record);
void write(ByteWriter& out, const AlertRecord& record);
void write(ByteWriter& out, const Counts& record);
void write(ByteWriter& out, const CheckpointRecord& record);
void write(ByteWriter& out, const RunRecord& record);
void write(ByteWriter& out, const SampleRecord& record);
void write(ByteWriter& out, const LogRecord& record);     // log_codec.cpp
void write(ByteWriter& out, const ClusterRecord& record); // log_codec.cpp
void write(ByteWriter& out, const ChainRecord& record);   // log_codec.cpp
void write(ByteWriter& out, const OriginState& record);   // log_codec.cpp
void write(ByteWriter& out, const PartRecord& record);    // log_codec.cpp

void read(ByteReader& in, NvrRecord& record);
void read(ByteReader& in, CameraRecord& record);
void read(ByteReader& in, HostnameRecord& record);
void read(ByteReader& in, SeenRecord& record);
void read(ByteReader& in, SchemaRecord& record);
void read(ByteReader& in, EpochRecord& record);
void read(ByteReader& in, HeadRecord& record);
void read(ByteReader& in, SessionsRecord& record);
void read(ByteReader& in, IdentityRecord& record);
void read(ByteReader& in, SidecarRecord& record);
void read(ByteReader& in, ClockRecord& record);
void read(ByteReader& in, TokensRecord& record);
void read(ByteReader& in, AlertRecord& record);
void read(ByteReader& in, Counts& record);
void read(ByteReader& in, CheckpointRecord& record);
void read(ByteReader& in, RunRecord& record);
void read(ByteReader& in, SampleRecord& record);
void read(ByteReader& in, LogRecord& record);
void read(ByteReader& in, ChainRecord& record);
void read(ByteReader& in, ClusterRecord& record);
void read(ByteReader& in, OriginState& record);
void read(ByteReader& in, PartRecord& record);

// Also in entries (entry/codec.cpp).
void write(ByteWriter& out, const ChainHash& hash);
void read(ByteReader& in, ChainHash& hash);

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
  if (!in.complete()) return tl::make_unexpected(malformed_record(table, key));
  return record;
}

} // namespace nvrhub::store
