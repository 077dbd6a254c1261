#pragma once

#include <string>
#include <string_view>

namespace nvrhub::protocol::json {

/// JSON sets numbers no bound, the fast parser does: it calls a document malformed over a number beyond 64 bits, even
/// in a field that nobody reads. Gives back `text` with every fraction and every integer that no 64-bit type holds as
/// 0.5, padded to its length so that offsets stay: to this protocol all of those are alike, numbers that are no id.
/// Malformed numbers stay as they are.
std::string tame_numbers(std::string_view text);

} // namespace nvrhub::protocol::json
