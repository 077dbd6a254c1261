#pragma once

#include <optional>

#include "api/request.hpp"
#include "net/http/http_request.hpp"

namespace nvrhub::net {

/// Whether the request upgrades to a WebSocket. HTTP/1.0 knows no upgrade (RFC 9110, 7.8).
bool is_websocket_upgrade(const HttpRequest& request);

/// Whether the connection stays open for further requests (RFC 9112, 9.3).
bool wants_keep_alive(const HttpRequest& request);

/// Whether the client waits for 100 Continue before it sends the body.
bool expects_continue(const HttpRequest& request);

/// What RFC 9110 and 9112 require of a server beyond the grammar, which the parser has checked: Host,
/// Transfer-Encoding, Expect, known methods. Also brings the target into origin form ("/path?query"): of an absolute
/// one, the authority becomes the Host. Returns the refusal, after which the connection must be closed: it is unclear
/// where the request ends.
std::optional<api::Response> check_head(HttpRequest& request);

} // namespace nvrhub::net
