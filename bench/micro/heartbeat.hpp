#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "protocol/decode/decode.hpp"

namespace bench {

inline constexpr std::size_t camera_count = 32;

/// "CAM-001" for index 0.
std::string camera_name(std::size_t index);
std::string camera_address(std::size_t index);

/// The seed's heartbeat, 2.2 KB: its first `offline` cameras are offline, the others online.
std::string heartbeat(std::size_t offline, std::string_view timestamp = "2026-11-22T10:00:00.000Z");

nvrhub::protocol::NvrMessage decoded(std::string_view heartbeat);

} // namespace bench
