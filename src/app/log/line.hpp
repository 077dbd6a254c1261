#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "actors/log.hpp"

namespace nvrhub::app {

enum class LogFormat : std::uint8_t { text, json };

/// What follows time and level in a line of the log. Whatever bytes go in, it is one line and valid UTF-8: control
/// characters are escaped, what is no UTF-8 becomes U+FFFD, a text is cut after 1 KiB.
///   text: `the message name=value name="a value"`
///   json: `"event":"kind","message":"the message","name":value`, the rest of an object
std::string log_payload(LogFormat format, std::string_view kind, std::string_view message,
                        std::span<const actors::Field> fields);

} // namespace nvrhub::app
