#pragma once

#include <string_view>

namespace nvrhub::protocol {

/// Whether `text` is well-formed UTF-8 (no surrogates, no overlong forms), by simdjson: for bytes of any length as they
/// come in. What the JSON decoders accept is UTF-8 already. fleet::is_utf8 is for names, without a library.
bool is_utf8(std::string_view text);

} // namespace nvrhub::protocol
