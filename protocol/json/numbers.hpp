#pragma once

#include <string>
#include <string_view>

namespace nvrhub::protocol::json {

/// JSON does not limit numbers, but simdjson does: it refuses a document with a number beyond 64 bits, even in an
/// unknown field. Returns `text` with every fraction and every integer beyond 64 bits replaced by 0.5, or by 0.0 if it
/// is zero, padded to the same length, which keeps offsets valid. This protocol treats all of those alike: as numbers
/// that are not an id.
/// Malformed numbers are not changed.
std::string narrow_numbers(std::string_view text);

} // namespace nvrhub::protocol::json
