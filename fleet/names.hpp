#pragma once

#include <cstddef>
#include <string_view>

namespace nvrhub::fleet {

// protocol.md, "Terms": hostnames, camera names, device names and sites are 1-200 bytes of UTF-8 without control
// characters, case-sensitive.
inline constexpr std::size_t max_name_bytes = 200;
inline constexpr std::size_t max_address_bytes = 64;

/// Whether `text` is well-formed UTF-8 (no surrogates, no overlong forms). For short texts: protocol::is_utf8 checks
/// whole messages by SIMD. This folder needs the code points of names, and links no library.
bool is_utf8(std::string_view text);

/// Whether `text` is valid as the name of an NVR, a camera, a device or a site.
bool is_valid_name(std::string_view text);

/// Whether `text` is valid as a camera's `ip_address`: at most 64 bytes, empty allowed, otherwise as a name. It is not
/// parsed as an address: recorders also send "10.0.0.7:554" and host names.
bool is_valid_address(std::string_view text);

} // namespace nvrhub::fleet
