#pragma once

#include <string_view>
#include <vector>

namespace nvrhub::fuzz {

/// One step of an input of the session fuzzer: what a client does. Steps are separated by bytes 0x1E; each is a letter
/// and its argument. Steps with unknown letters are ignored.
///
///   c TARGET         a new connection, upgraded to a WebSocket at TARGET
///   h BYTES          a new connection, and these bytes on it
///   q METHOD TARGET␟BODY   a new connection, and a complete HTTP request on it (␟ is byte 0x1F)
///   k N              continue with connection N
///   t f n m TEXT     a text frame: a whole message, or its first, a middle or the last fragment
///   b BYTES          a binary frame
///   p o x BYTES      a ping, a pong, a close frame
///   w BYTES          raw bytes
///   s                wait until the server has read all of this
///   d                reset the connection
struct Step {
  char kind;
  std::string_view argument; // points into the input
};

/// Parses at most `limit` steps.
std::vector<Step> parse_script(std::string_view input, std::size_t limit);

} // namespace nvrhub::fuzz
