#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "store/backend.hpp"

namespace nvrhub::store {

// The envelope of a record on disk: 8 bytes of checksum, 1 byte of version, the payload. The checksum covers table,
// key, version and payload: a record that is damaged, or stored under another key, is refused.

inline constexpr std::uint8_t record_version = 1;

/// Clears `bytes` and reserves the space of checksum and version; seal_record() fills it after the payload is appended.
void begin_record(std::string& bytes);
void seal_record(Table table, std::string_view key, std::string& bytes);
/// The payload. Errc::corrupt: too short, or the checksum does not match; Errc::schema: a newer record version.
Result<std::string_view> open_record(Table table, std::string_view key, std::string_view bytes);

/// For messages: `record 7/"door" of table cameras`.
std::string describe(Table table, std::string_view key);
/// For a record whose checksum matches but whose payload cannot be decoded.
Error malformed_record(Table table, std::string_view key);

} // namespace nvrhub::store
