#pragma once

#include <string>

#include <tl/expected.hpp>

#include "api/request.hpp"
#include "net/http/http_request.hpp"

namespace nvrhub::net {

/// Clients of version 8, which accept_websocket() accepts, name their origin in Sec-WebSocket-Origin: makes it the
/// request's Origin, which the origin policy reads.
void take_draft_origin(HttpRequest& request);

/// The complete response that upgrades a connection to a WebSocket (RFC 6455, 4.2.2), or the refusal of the request.
/// Accepts what the library `ws` accepts by default, for which the clients in the field were written: versions 13 and
/// 8, whose frames are the same, and the first subprotocol that is offered. No extension is ever accepted.
tl::expected<std::string, api::Response> accept_websocket(const HttpRequest& request);

} // namespace nvrhub::net
