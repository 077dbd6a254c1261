#pragma once

#include <optional>
#include <string>

#include "net/http/http_request.hpp"
#include "net/options.hpp"

namespace nvrhub::net {

/// Protects the server from web pages of other sites, whose requests a browser sends from inside the user's network.
/// Returns why a request is refused; nothing: it is accepted.
///
/// Refused are, of pages whose origin is neither the server's own nor allowed, WebSocket upgrades and requests that may
/// change something. While access is anonymous (`is_anonymous`), browsers must also name the server by a local name: a
/// page could give its own name the server's address, and would then have the server's origin (DNS rebinding).
std::optional<std::string> check_origin_and_host(const HttpRequest& request, const OriginOptions& options,
                                                 bool is_anonymous, bool is_tls);

} // namespace nvrhub::net
