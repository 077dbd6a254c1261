#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace nvrhub::net::test {

/// What a server made of the bytes that a client sent over a WebSocket: a line for each text, binary, ping, pong and
/// close, and "broken" for the end of what follows the protocol.
using Heard = std::vector<std::string>;

/// By FrameReader, which gets the bytes in pieces; `next_size` says how large the next one is.
Heard heard_by_reader(std::string_view bytes, std::size_t most, const std::function<std::size_t()>& next_size);
/// By Boost.Beast's websocket::stream, which nvrhub used before.
Heard heard_by_beast(std::string_view bytes, std::size_t most);

/// Nothing if both heard the same, else what was different. What may be: Beast tells of bad UTF-8 before the message is
/// whole, or not at all, and takes other close codes.
std::string difference(const Heard& reader, const Heard& beast);

/// One frame as a client sends it.
std::string client_frame(unsigned opcode, std::string_view payload, bool final = true, std::uint32_t mask = 0x11775A35);

} // namespace nvrhub::net::test
