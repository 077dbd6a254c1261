#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace nvrhub::notify {

/// RFC 4648 with padding, by OpenSSL.
std::string to_base64(std::string_view bytes);
/// Nothing: no base64. Padding may be absent.
std::optional<std::string> from_base64(std::string_view text);

} // namespace nvrhub::notify
