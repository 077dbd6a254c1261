#pragma once

#include <string>

#include <tl/expected.hpp>

#include "net/api.hpp"
#include "net/peer.hpp"

namespace nvrhub::net {

/// The answer that turns a connection into a WebSocket (RFC 6455, 4.2.2), byte for byte; or why the request gets none.
/// No extension and no subprotocol is ever agreed to.
tl::expected<std::string, ApiResponse> accept_websocket(const HttpRequest& request);

} // namespace nvrhub::net
