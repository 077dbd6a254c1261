#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/entry/entry.hpp"

// Encoding of entries: one byte of version, one of the kind, the fields. It changes apart from that of the records on
// disk, because servers of two versions exchange entries during an upgrade; tests/store/entry_codec_test.cpp pins its
// bytes.

namespace nvrhub::store::entry {

inline constexpr std::uint8_t version = 1;

/// What commit() sets is left out: seq of events, Write::version.
std::string encode(const Entry& entry);
/// As of an entry::Batch, without one.
std::string encode(std::span<const Write> batch);

/// An encoded entry as entries of at most `max` bytes: itself, or its parts. Empty: it needs more than max_parts.
std::vector<std::string> split(std::string bytes, std::size_t max);

/// ERRORS: Errc::malformed: another version, an unknown kind, a field that is out of range or longer than the input, or
/// bytes after the last field. Memory: at most about 64 times the input.
Result<Entry> decode(std::string_view bytes);

} // namespace nvrhub::store::entry
