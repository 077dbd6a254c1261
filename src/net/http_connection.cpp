#include "net/http_connection.hpp"

#include <utility>

#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include "net/dashboard_session.hpp"
#include "net/nvr_session.hpp"

namespace nvrhub::net {

namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

constexpr std::uint32_t max_header = 16 * 1024;

} // namespace

HttpConnection::HttpConnection(Socket&& socket, IoThread& thread, Services& services)
    : services_(services), thread_(thread), socket_(std::move(socket)) {}

void HttpConnection::start(Socket&& socket, IoThread& thread, Services& services) {
  const std::shared_ptr<HttpConnection> self(new HttpConnection(std::move(socket), thread, services),
                                             [&thread](HttpConnection* dead) {
                                               std::unique_ptr<HttpConnection> owned(dead);
                                               if (!thread.is_over()) thread.run([moved = std::move(owned)] {});
                                             });
  self->read_header();
}

HttpConnection::~HttpConnection() {
  thread_.deadlines().clear(*this);
  if (!upgraded_) --services_.connections;
}

void HttpConnection::on_deadline(MonoTime) {
  error_code ignored;
  socket_.close(ignored);
}

void HttpConnection::read_header() {
  parser_.emplace();
  parser_->header_limit(max_header);
  thread_.deadlines().set(*this, std::chrono::steady_clock::now() + services_.options.request_timeout);
  http::async_read_header(socket_, buffer_, *parser_,
                          [self = shared_from_this()](const error_code& error, std::size_t) {
                            if (error) return self->refuse(error);
                            self->on_header();
                          });
}

void HttpConnection::on_header() {
  const Request& request = parser_->get();
  parser_->body_limit(max_body(services_, {request.target().data(), request.target().size()}));
  if (request[http::field::expect] != "100-continue") return read_body();
  static const std::string go_on = "HTTP/1.1 100 Continue\r\n\r\n";
  boost::asio::async_write(socket_, boost::asio::buffer(go_on),
                           [self = shared_from_this()](const error_code& error, std::size_t) {
                             if (!error) self->read_body();
                           });
}

void HttpConnection::read_body() {
  http::async_read(socket_, buffer_, *parser_, [self = shared_from_this()](const error_code& error, std::size_t) {
    if (error) return self->refuse(error);
    self->on_request();
  });
}

void HttpConnection::refuse(const error_code& error) {
  asked_ = std::chrono::steady_clock::now();
  if (error == http::error::body_limit) {
    const std::string_view target{parser_->get().target().data(), parser_->get().target().size()};
    respond(api_error(413, "too_large",
                      "a body may have at most " + std::to_string(max_body(services_, target)) + " bytes"),
            false, false);
  } else if (error == http::error::header_limit) {
    respond(api_error(431, "too_large", "a header may have at most " + std::to_string(max_header) + " bytes"), false,
            false);
  } else if (error.category() == http::make_error_code(http::error::bad_method).category() &&
             error != http::error::end_of_stream && error != http::error::partial_message) {
    respond(api_error(400, "bad_request", "this is not HTTP: " + error.message()), false, false);
  } // else the peer has gone, and with it the last reference to this
}

void HttpConnection::on_request() {
  asked_ = std::chrono::steady_clock::now();
  Request request = parser_->release();
  if (boost::beast::websocket::is_upgrade(request)) return upgrade(std::move(request));

  thread_.deadlines().clear(*this); // the answer is ours to give
  const bool keep_alive = request.keep_alive() && !services_.draining;
  const bool head = request.method() == http::verb::head;
  auto target = parse_target({request.target().data(), request.target().size()});
  if (!target) {
    return respond(api_error(400, "bad_request", "the request target is malformed: percent-encode names as UTF-8"),
                   keep_alive, head);
  }
  ApiRequest call{std::string(request.method_string()), std::move(*target), std::move(request.body())};
  call.accept_encoding = std::string(request[http::field::accept_encoding]);
  call.accept = std::string(request[http::field::accept]);
  call.if_none_match = std::string(request[http::field::if_none_match]);
  handle_api(services_, thread_, std::move(call), [self = shared_from_this(), keep_alive, head](ApiResponse answer) {
    boost::asio::post(self->thread_.context(), [self, answer = std::move(answer), keep_alive, head]() mutable {
      self->respond(std::move(answer), keep_alive, head);
    });
  });
}

void HttpConnection::upgrade(Request request) {
  const auto target = parse_target({request.target().data(), request.target().size()});
  const std::string path = target ? target->path() : "";
  thread_.deadlines().clear(*this);
  if (services_.draining) {
    return respond(api_error(503, "shutting_down", "the server is shutting down"), false, false);
  }
  if (path == "/ws" || path == "/" || path == "/nvr") {
    upgraded_ = true;
    std::make_shared<NvrSession>(std::move(socket_), thread_, services_)->start(std::move(request));
  } else if (path == "/ws/dashboard") {
    upgraded_ = true;
    std::make_shared<DashboardSession>(std::move(socket_), thread_, services_)->start(std::move(request));
  } else {
    respond(api_error(404, "not_found", "WebSockets are at /ws (NVRs) and /ws/dashboard"), false, false);
  }
}

void HttpConnection::count(const ApiResponse& answer) const {
  const auto took =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - asked_).count();
  services_.counters.mine().routes[answer.route].count(answer.status, static_cast<std::uint64_t>(took));
}

void HttpConnection::respond(ApiResponse answer, bool keep_alive, bool head) {
  count(answer);
  auto response = std::make_shared<http::response<http::string_body>>(static_cast<http::status>(answer.status), 11,
                                                                      std::move(answer.body));
  response->set(http::field::server, "nvrhub");
  if (answer.status != 204) response->set(http::field::content_type, answer.content_type);
  response->set(http::field::cache_control, answer.cache_control);
  if (!answer.etag.empty()) {
    response->set(http::field::etag, answer.etag);
    response->set(http::field::vary, "Accept-Encoding");
  }
  if (!answer.content_encoding.empty()) response->set(http::field::content_encoding, answer.content_encoding);
  if (!answer.security_policy.empty()) response->set("Content-Security-Policy", answer.security_policy);
  if (!answer.disposition.empty()) response->set(http::field::content_disposition, answer.disposition);
  if (!answer.link.empty()) response->set(http::field::link, answer.link);
  if (!answer.allow.empty()) response->set(http::field::allow, answer.allow);
  if (answer.retry_after_s > 0) response->set(http::field::retry_after, std::to_string(answer.retry_after_s));
  response->keep_alive(keep_alive);
  response->prepare_payload();
  if (head) response->body().clear(); // the length stays: that is what was asked for
  thread_.deadlines().set(*this, std::chrono::steady_clock::now() + services_.options.request_timeout);
  http::async_write(socket_, *response,
                    [self = shared_from_this(), response, keep_alive](const error_code& error, std::size_t) {
                      if (error) return;
                      if (keep_alive) return self->read_header();
                      error_code ignored;
                      self->socket_.shutdown(Socket::shutdown_send, ignored);
                    });
}

} // namespace nvrhub::net
