#include "net/http/request_head.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include <boost/beast/http/verb.hpp>

#include "net/http/header_list.hpp"
#include "net/http/host_and_port.hpp"

namespace nvrhub::net {

namespace http = boost::beast::http;

namespace {

using Refusal = std::optional<api::Response>;

Refusal bad_request(const std::string& why) {
  return api::error_response(400, "bad_request", why);
}

/// RFC 9112, 3.2. Health checks and old tools send HTTP/1.0 without a Host.
Refusal check_host(const HttpRequest& request) {
  const auto [first, last] = request.equal_range(http::field::host);
  if (first == last) {
    if (request.version() < 11) return std::nullopt;
    return bad_request("Host: the header is missing, which HTTP/1.1 requires");
  }
  if (std::next(first) != last) return bad_request("Host: expected one header, not several");
  const std::string host = header(request, http::field::host);
  if (!host.empty() && !is_host_and_port(host))
    return bad_request("Host: expected a host name or IP address, with a port or without");
  return std::nullopt;
}

/// RFC 9112, 6.1 and 6.3: what is read in two ways by two servers in a row is how requests are smuggled.
Refusal check_transfer_encoding(const HttpRequest& request) {
  if (request.find(http::field::transfer_encoding) == request.end()) return std::nullopt;
  const auto codings = header_list(request, http::field::transfer_encoding);
  if (request.version() < 11) return bad_request("Transfer-Encoding: HTTP/1.0 has none");
  if (codings.empty() || !api::is_same_token(codings.back(), "chunked")) {
    return bad_request("Transfer-Encoding: expected chunked");
  }
  if (codings.size() > 1) {
    return api::error_response(501, "not_implemented", "Transfer-Encoding: only chunked is implemented");
  }
  return std::nullopt;
}

Refusal check_expectation(const HttpRequest& request) {
  if (request.version() < 11) return std::nullopt; // RFC 9110, 10.1.1: ignored
  for (const std::string_view expectation : header_list(request, http::field::expect)) {
    if (!api::is_same_token(expectation, "100-continue"))
      return api::error_response(417, "expectation_failed", "Expect: only 100-continue is implemented");
  }
  return std::nullopt;
}

/// RFC 9112, 3.2.2: proxies, and clients that believe to talk to one, name the whole URL.
Refusal bring_into_origin_form(HttpRequest& request) {
  const std::string target(request.target().data(), request.target().size());
  if (target.starts_with('/')) return std::nullopt;
  if (target == "*" && request.method() == http::verb::options) { // the server as a whole
    request.target("/");
    return std::nullopt;
  }
  const std::size_t scheme_end = target.find("://");
  const std::string_view scheme = std::string_view(target).substr(0, std::min(scheme_end, target.size()));
  const bool is_known = api::is_same_token(scheme, "http") || api::is_same_token(scheme, "https") ||
                        api::is_same_token(scheme, "ws") || api::is_same_token(scheme, "wss");
  if (scheme_end == std::string::npos || !is_known) {
    return bad_request("the request target is malformed: expected a path, such as /api/v1/nvrs, or an http URL");
  }
  const std::size_t begin = scheme_end + 3;
  const std::size_t end = std::min(target.find_first_of("/?", begin), target.size());
  const std::string authority = target.substr(begin, end - begin);
  if (!is_host_and_port(authority)) {
    return bad_request("the request target is malformed: its URL has no valid host");
  }
  const std::string path = target.substr(end);
  request.target(path.starts_with('/') ? path : "/" + path);
  request.set(http::field::host, authority); // the target's takes precedence over the header
  return std::nullopt;
}

} // namespace

bool is_websocket_upgrade(const HttpRequest& request) {
  return request.version() >= 11 && request.method() == http::verb::get &&
         header_has(request, http::field::connection, "upgrade") &&
         header_has(request, http::field::upgrade, "websocket");
}

bool wants_keep_alive(const HttpRequest& request) {
  if (header_has(request, http::field::connection, "close")) return false;
  return request.version() >= 11 || header_has(request, http::field::connection, "keep-alive");
}

bool expects_continue(const HttpRequest& request) {
  return request.version() >= 11 && header_has(request, http::field::expect, "100-continue");
}

std::optional<api::Response> check_head(HttpRequest& request) {
  if (auto refused = check_host(request)) return refused;
  if (auto refused = check_transfer_encoding(request)) return refused;
  if (request.method() == http::verb::unknown || request.method() == http::verb::connect) {
    const std::string method(request.method_string().data(), request.method_string().size());
    return api::error_response(501, "not_implemented", "the method " + method + " is not implemented");
  }
  if (auto refused = check_expectation(request)) return refused;
  return bring_into_origin_form(request);
}

} // namespace nvrhub::net
