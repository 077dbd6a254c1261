#pragma once

#include <string_view>

namespace nvrhub::protocol {

/// `text` without the byte order mark that editors on Windows write at the begin of a UTF-8 file.
std::string_view without_byte_order_mark(std::string_view text);

/// Why a text is refused that begins as UTF-16 or UTF-32; empty: it does not. No JSON and no configuration has a NUL as
/// one of its first two bytes.
std::string_view wide_encoding(std::string_view text);

} // namespace nvrhub::protocol
