#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace nvrhub::notify {

// Names, notes and replies are chosen by others. Each function makes such a text inert for one place.

/// Control characters become spaces: nothing can begin a line or a header.
std::string single_line(std::string_view text);
/// The same, and what is not ASCII becomes '?'.
std::string printable_ascii(std::string_view text);
/// At most `max_bytes` bytes of whole characters, with "…" in place of the rest. REQUIRES: max_bytes >= 3.
std::string shortened(std::string_view text, std::size_t max_bytes);

/// As content or attribute of HTML.
std::string html_escaped(std::string_view text);
/// As the inside of a JSON string. Bytes that are not UTF-8 become U+FFFD.
std::string json_escaped(std::string_view text);
/// Slack's markup, also of Mattermost and Rocket.Chat: no link, no <!channel>, no @all.
std::string slack_escaped(std::string_view text);
/// Discord's markdown: no link and no format. Mentions are off by `allowed_mentions`.
std::string discord_escaped(std::string_view text);

} // namespace nvrhub::notify
