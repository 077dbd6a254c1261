#include "net/http/cors.hpp"

#include <string_view>

#include "net/http/header_list.hpp"
#include "net/http/origin_policy.hpp"

namespace nvrhub::net {

namespace http = boost::beast::http;

namespace {

/// What pages may read besides the headers that every page may.
constexpr std::string_view exposed = "Allow, Content-Disposition, Date, ETag, Link, Retry-After, WWW-Authenticate";
constexpr std::string_view methods = "GET, HEAD, PUT, POST, DELETE";
constexpr std::string_view preflight_seconds = "600"; // revoked with a restart: an allowed page is trusted anyway

} // namespace

Cors::Cors(const HttpRequest& request, const OriginOptions& options, bool is_anonymous)
    : origin_(allowed_origin(request, options, is_anonymous).value_or("")), varies_(!options.allowed.empty()) {
  if (origin_.empty() || request.method() != http::verb::options) return;
  is_preflight_ = !header(request, http::field::access_control_request_method).empty();
  requested_headers_ = joined_header(request, http::field::access_control_request_headers);
  asks_for_private_network_ = header_has(request, "Access-Control-Request-Private-Network", "true");
}

std::optional<api::Response> Cors::preflight_answer() const {
  return is_preflight_ ? std::optional(api::Response{204, ""}) : std::nullopt;
}

void Cors::add_to(HttpResponse& response) const {
  if (varies_) response.insert(http::field::vary, "Origin");
  if (origin_.empty()) return;
  response.set(http::field::access_control_allow_origin, origin_);
  response.set(http::field::access_control_expose_headers, std::string(exposed));
  if (!is_preflight_) return;
  response.insert(http::field::vary, "Access-Control-Request-Method, Access-Control-Request-Headers");
  response.set(http::field::access_control_allow_methods, std::string(methods));
  // Every header: none has an effect that a page must not have, and proxies in between may read some.
  if (!requested_headers_.empty()) response.set(http::field::access_control_allow_headers, requested_headers_);
  response.set(http::field::access_control_max_age, std::string(preflight_seconds));
  if (asks_for_private_network_) response.set("Access-Control-Allow-Private-Network", "true");
}

} // namespace nvrhub::net
