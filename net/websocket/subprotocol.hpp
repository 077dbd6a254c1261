#pragma once

#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace nvrhub::net {

/// The subprotocol that the server names in its answer: the first that the client offers, which is what the library
/// `ws`, for which the clients in the field were written, does by default. The server gives no subprotocol a meaning;
/// but a client that offers one and reads none in the answer fails the connection (browsers, Node, Python).
///
/// `offered`: the value of Sec-WebSocket-Protocol, its lines joined by commas (RFC 6455, 11.3.4): distinct tokens.
/// ERRORS: what is wrong with it.
tl::expected<std::string_view, std::string> choose_subprotocol(std::string_view offered);

} // namespace nvrhub::net
