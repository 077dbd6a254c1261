#pragma once

#include <string_view>
#include <vector>

namespace nvrhub::fuzz {

/// What clients do to a server, as an input of the session fuzzer spells it: steps between bytes 0x1E, each a letter
/// and what it is about. A step that says nothing known is passed over.
///
///   c TARGET         another connection, upgraded to a WebSocket at TARGET
///   h BYTES          another connection, and these bytes on it
///   q METHOD TARGET␟BODY   another connection, and a whole HTTP request on it (␟ is byte 0x1F)
///   k N              go on with connection N
///   t f n m TEXT     a text frame: whole, the first of several, a next one, the last one
///   b BYTES          a binary frame
///   p o x BYTES      a ping, a pong, a close frame
///   w BYTES          bytes as they are
///   s                wait until the server has read all this
///   d                the connection breaks
struct Step {
  char what;
  std::string_view about; // points into the input
};

/// At most `most` steps.
std::vector<Step> parse_script(std::string_view input, std::size_t most);

} // namespace nvrhub::fuzz
