#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "actors/log.hpp"

namespace nvrhub::app {

enum class LogFormat : std::uint8_t { text, json };

/// Formats the part of a log line after time and level. For any input the result is one line of valid UTF-8: control
/// characters are escaped, invalid UTF-8 becomes U+FFFD, each text is truncated to `max_text` bytes.
///   text: `the message name=value name="a value"`
///   json: `"event":"kind","message":"the message","name":value`, members of an object
std::string log_payload(LogFormat format, std::string_view kind, std::string_view message,
                        std::span<const actors::Field> fields, std::size_t max_text = 1024);

} // namespace nvrhub::app
