#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "protocol/decode.hpp"

namespace bench {

inline constexpr std::size_t camera_count = 32;

/// "CAM-001" is that of 0.
std::string camera_name(std::size_t index);
std::string camera_address(std::size_t index);

/// The seed's heartbeat, 2.2 KB: the first `offline` of its cameras are, the others are online.
std::string heartbeat(std::size_t offline, std::string_view timestamp = "2026-11-22T10:00:00.000Z");

nvrhub::protocol::NvrMessage decoded(std::string_view heartbeat);

} // namespace bench
