#pragma once

// Private to protocol/: where a message's own fields stand in its text.

#include <optional>
#include <string_view>

#include "protocol/decode/decode.hpp"
#include "protocol/json/parser.hpp"

namespace nvrhub::protocol::json {

/// The bytes of the scalar value of `key` in `text`, for a decoder that replaces the value later without parsing
/// (docs/internals/decisions/0019). A string's bytes include its quotes. simdjson's DOM keeps no positions, so this
/// reads members from both ends of the text, up to the first and the last one that is an object or an array: the cost
/// does not depend on how much stands between them.
///
/// REQUIRES: `object` is the whole document that parse() made of `text`.
/// Nothing if the key occurs twice or never in `object` itself, if its value is no scalar, if it stands between two
/// members that are not scalars, or if an escaped quote comes first. A key of the same name inside a member is ignored.
std::optional<ByteRange> locate(std::string_view text, const Object& object, std::string_view key);

} // namespace nvrhub::protocol::json
