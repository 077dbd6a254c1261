#pragma once

#include <string>

namespace nvrhub::protocol::json {

/// JSON permits the escape of a lone surrogate, half of a character, but UTF-8 can't represent one, and simdjson
/// refuses a document that has one in any string. Replaces each by \u0000, which has the same length and is in no valid
/// name, status or address. Returns whether there were any. Malformed escapes are not changed.
bool replace_lone_surrogates(std::string& text);

} // namespace nvrhub::protocol::json
