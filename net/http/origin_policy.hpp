#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "net/http/http_request.hpp"
#include "net/options.hpp"

namespace nvrhub::net {

/// An origin as browsers send it in the header Origin: "scheme://host" in lower case, with a port that is not the
/// scheme's default. Also "null" (sandboxed frames, local files) and "file://" (sockets of local files in Chromium).
/// Nothing: `text` is no origin.
std::optional<std::string> normalized_origin(std::string_view text);

/// Whether a normalized origin is "null" or "file://", which no page owns.
bool stands_for_many(std::string_view origin);

/// Protects the server from web pages of other sites, whose requests a browser sends from inside the user's network.
/// Returns why a request is refused; nothing: it is accepted.
///
/// Refused are, of pages whose origin is neither the server's own nor allowed, WebSocket upgrades and requests that may
/// change something. While access is anonymous (`is_anonymous`), browsers must also name the server by a local name: a
/// page could give its own name the server's address, and would then have the server's origin (DNS rebinding).
std::optional<std::string> check_origin_and_host(const HttpRequest& request, const OriginOptions& options,
                                                 bool is_anonymous, bool is_tls);

/// The origin of the page that sent the request, as in its header, if --allow-origin names it. "null" and "file://",
/// which stand for every local file and sandboxed frame, are allowed only while a token is needed.
std::optional<std::string> allowed_origin(const HttpRequest& request, const OriginOptions& options, bool is_anonymous);

/// The refusal of a page of this origin, with what allows it.
std::string origin_refusal(const std::string& origin, bool is_anonymous);

} // namespace nvrhub::net
