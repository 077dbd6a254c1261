#pragma once

// Private to notify/render/: mail header fields and bodies (RFC 5322, 2045, 2047).

#include <string>
#include <string_view>
#include <vector>

namespace nvrhub::notify {

/// "Name: text" with CRLF: encoded words if the text is not ASCII, folded to lines of at most 78 bytes. Control
/// characters become spaces, so a text cannot begin another field.
std::string header_field(std::string_view name, std::string_view text);
/// A display name with its address: quoted or encoded.
std::string mailbox(std::string_view name, std::string_view address);
/// "Name: a b c" with CRLF, folded between the items. REQUIRES: they are ASCII without spaces.
std::string header_list(std::string_view name, const std::vector<std::string>& items, std::string_view separator);
/// Lines of at most 76 bytes that end with CRLF.
std::string quoted_printable(std::string_view text);

} // namespace nvrhub::notify
