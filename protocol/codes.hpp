#pragma once

#include <cstdint>
#include <string_view>

namespace nvrhub::protocol {

/// protocol.md, "Replies": the `code` of an error message.
enum class ErrorCode : std::uint8_t {
  bad_json,
  bad_message,
  not_authenticated,
  unknown_hostname,
  unauthorized,
  too_large,
  rate_limited,
  shutting_down,
};

std::string_view to_string(ErrorCode code);

/// protocol.md, "Close codes". The codes 44xx are private to this protocol.
enum class CloseCode : std::uint16_t {
  going_away = 1001,
  invalid_utf8 = 1007,
  too_large = 1009,
  try_again_later = 1013,
  bad_messages = 4400,
  unauthorized = 4401,
  unknown_hostname = 4403,
  silent = 4408,
  replaced = 4409,
  too_slow = 4429,
};

/// The reason text sent with the code (at most 123 bytes).
std::string_view reason(CloseCode code);

} // namespace nvrhub::protocol
