#pragma once

#include <string>
#include <string_view>

namespace nvrhub::client {

/// "2024-01-15T10:31:00.000Z" as "2024-01-15 11:31:00" in the time zone of this machine. Another text is returned as it
/// is.
std::string local_time(std::string_view iso8601);
/// Now, in the same form.
std::string local_time_now();
/// Without control characters, which would reach the terminal: "?" in place of each.
std::string printable(std::string_view text);

} // namespace nvrhub::client
