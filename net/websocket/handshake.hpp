#pragma once

#include <string>

#include <tl/expected.hpp>

#include "api/request.hpp"
#include "net/http/http_request.hpp"

namespace nvrhub::net {

/// The complete response that upgrades a connection to a WebSocket (RFC 6455, 4.2.2), or the refusal of the request.
/// No extension and no subprotocol is ever accepted.
tl::expected<std::string, api::Response> accept_websocket(const HttpRequest& request);

} // namespace nvrhub::net
