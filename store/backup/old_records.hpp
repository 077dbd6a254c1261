#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "fleet/event.hpp"
#include "store/error.hpp"
#include "store/records/tables.hpp"
#include "store/records/wire.hpp"

namespace nvrhub::store::old {

// Encodings of older schemas that later ones changed, for the migration steps. They never change.

// ---- schemas 1 and 2 ----

/// The length of a list. Fails if the remaining bytes cannot hold that many elements.
std::size_t read_count(ByteReader& in, std::size_t min_bytes);
fleet::Status read_status(ByteReader& in);
fleet::Nvr read_nvr(ByteReader& in);

// ---- schema 2 ----

/// A row of table events; `from` of its changes is not set. Errc::corrupt.
Result<fleet::Event> decode_event_v2(std::string_view key, std::string_view value);
void encode_event_v2(std::string_view key, const fleet::Event& event, std::string& bytes);

// ---- schemas 1 to 4 ----

/// An NVR record without a version: 0.
Result<NvrRecord> decode_nvr_v4(Table table, std::string_view key, std::string_view value);
/// As read_nvrs() of records/tables.hpp, of all NVRs.
Result<void> read_nvrs_v4(ReadTxn& txn, const StateTables& tables, const VisitNvr& visit);

} // namespace nvrhub::store::old
