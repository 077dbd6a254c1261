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

/// By FrameReader, which gets the bytes in pieces of `next_size()` bytes.
Heard heard_by_reader(std::string_view bytes, std::size_t most, const std::function<std::size_t()>& next_size);
/// By Boost.Beast's websocket::stream, which nvrhub used before.
Heard heard_by_beast(std::string_view bytes, std::size_t most);

/// Empty if both read the same, else the difference. Permitted differences: Beast reports bad UTF-8 before the message
/// is complete, or not at all, and accepts other close codes.
std::string difference(const Heard& reader, const Heard& beast);

/// The bytes before the first frame whose length has a longer form than necessary, which Beast refuses.
std::string_view before_padded_length(std::string_view bytes);

/// One frame as a client sends it.
std::string client_frame(unsigned opcode, std::string_view payload, bool final = true, std::uint32_t mask = 0x11775A35);

} // namespace nvrhub::net::test
