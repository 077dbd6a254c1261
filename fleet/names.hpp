#pragma once

#include <cstddef>
#include <string_view>

namespace nvrhub::fleet {

// protocol.md, "Terms": hostnames, camera names, device names and sites are 1-200 bytes of UTF-8 without control
// characters, case-sensitive. Hostnames and camera names are not "." or "..".
inline constexpr std::size_t max_name_bytes = 200;
inline constexpr std::size_t max_address_bytes = 64;

/// Whether `text` is well-formed UTF-8 (no surrogates, no overlong forms). For short texts: protocol::is_utf8 checks
/// whole messages by SIMD.
bool is_utf8(std::string_view text);

/// Whether `text` is valid as the name of an NVR, a camera, a device or a site.
bool is_valid_name(std::string_view text);

/// Whether `text` may be given to an NVR as its hostname or to a camera as its name: valid, and not "." or "..". HTTP
/// clients remove these from a path, so DELETE .../cameras/.. would remove the NVR
/// (docs/internals/decisions/0029). Stores of earlier versions may hold them: what looks a name up accepts every
/// is_valid_name().
bool is_addressable_name(std::string_view text);
/// For refusals, after "expected ".
inline constexpr std::string_view an_addressable_name =
    "a name other than . and .., which HTTP clients remove from paths";

/// Whether `text` is valid as a camera's `ip_address`: at most 64 bytes, empty allowed, otherwise as a name. It is not
/// parsed as an address: recorders also send "10.0.0.7:554" and host names.
bool is_valid_address(std::string_view text);

} // namespace nvrhub::fleet
