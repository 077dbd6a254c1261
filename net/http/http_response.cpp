#include "net/http/http_response.hpp"

#include <array>
#include <ctime>
#include <string>
#include <utility>

namespace nvrhub::net {

namespace http = boost::beast::http;

namespace {

/// IMF-fixdate (RFC 9110, 5.6.7): "Sun, 06 Nov 1994 08:49:37 GMT".
std::string http_date(std::chrono::system_clock::time_point time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 40> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text.data(), size};
}

void add_content_headers(HttpResponse& response, const api::Response& answer) {
  if (answer.status != 204) response.set(http::field::content_type, answer.content_type);
  response.set(http::field::cache_control, answer.cache_control);
  if (!answer.etag.empty()) {
    response.set(http::field::etag, answer.etag);
    response.set(http::field::vary, "Accept-Encoding");
  }
  if (!answer.content_encoding.empty()) response.set(http::field::content_encoding, answer.content_encoding);
  if (!answer.disposition.empty()) response.set(http::field::content_disposition, answer.disposition);
  if (!answer.link.empty()) response.set(http::field::link, answer.link);
}

void add_security_headers(HttpResponse& response, const api::Response& answer, bool is_tls) {
  if (!answer.security_policy.empty()) response.set("Content-Security-Policy", answer.security_policy);
  response.set("X-Content-Type-Options", "nosniff");
  response.set("X-Frame-Options", "DENY");
  response.set("Referrer-Policy", "no-referrer");
  response.set("Cross-Origin-Resource-Policy", "same-origin");
  if (is_tls) response.set("Strict-Transport-Security", "max-age=31536000");
}

/// HTTP/1.0 clients keep a connection open only if the answer says so.
void add_connection_headers(HttpResponse& response, const ResponseOptions& options) {
  std::string connection = options.keep_alive ? "keep-alive" : "close";
  if (response.result() == http::status::upgrade_required) { // RFC 9110, 15.5.22
    connection += ", Upgrade";
    response.set(http::field::upgrade, "websocket");
    response.set(http::field::sec_websocket_version, "13, 8");
  }
  response.set(http::field::connection, connection);
  if (options.keep_alive && options.idle.count() > 0)
    response.set(http::field::keep_alive, "timeout=" + std::to_string(options.idle.count()));
}

} // namespace

std::shared_ptr<HttpResponse> make_response(api::Response answer, const ResponseOptions& options) {
  auto response = std::make_shared<HttpResponse>(static_cast<http::status>(answer.status), 11, std::move(answer.body));
  response->set(http::field::date, http_date(options.now));
  response->set(http::field::server, "nvrhub");
  add_content_headers(*response, answer);
  add_security_headers(*response, answer, options.is_tls);
  if (!answer.authenticate.empty()) response->set(http::field::www_authenticate, answer.authenticate);
  if (!answer.allow.empty()) response->set(http::field::allow, answer.allow);
  if (answer.retry_after_s > 0) response->set(http::field::retry_after, std::to_string(answer.retry_after_s));
  add_connection_headers(*response, options);
  if (answer.rest) {
    if (options.is_chunked) response->chunked(true); // else its end is that of the connection
    if (options.is_head) response->body().clear();
    return response;
  }
  // RFC 9110, 8.6: a 204 has no Content-Length, and that of a 304 would have to be that of the 200.
  if (answer.status != 204 && answer.status != 304) response->content_length(response->body().size());
  if (options.is_head) response->body().clear(); // Content-Length stays that of the body
  return response;
}

} // namespace nvrhub::net
