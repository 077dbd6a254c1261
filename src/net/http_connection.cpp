#include "net/http_connection.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include "net/dashboard_session.hpp"
#include "net/nvr_session.hpp"
#include "net/upgrade.hpp"

namespace nvrhub::net {

namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

constexpr std::uint32_t max_header = 16 * 1024;

} // namespace

HttpConnection::HttpConnection(Stream&& stream, Peer peer, IoThread& thread, Services& services)
    : services_(services), thread_(thread), stream_(std::move(stream)), peer_(std::move(peer)),
      is_proxied_(services.options.trusted_proxies.contains(peer_.address)) {}

void HttpConnection::start(Socket&& socket, Peer peer, IoThread& thread, Services& services) {
  const auto tls = services.tls.context();
  Stream stream = tls ? Stream(std::move(socket), *tls) : Stream(std::move(socket));
  const std::shared_ptr<HttpConnection> self(new HttpConnection(std::move(stream), std::move(peer), thread, services),
                                             [&thread](HttpConnection* dead) {
                                               std::unique_ptr<HttpConnection> owned(dead);
                                               if (!thread.is_over()) thread.run([moved = std::move(owned)] {});
                                             });
  services.memory.holders.join(thread, *self);
  tls ? self->handshake() : self->read_header();
}

HttpConnection::~HttpConnection() {
  thread_.deadlines().clear(*this);
  thread_.handshakes().leave(*this);
  services_.memory.holders.leave(thread_, *this);
  if (!upgraded_) --services_.connections;
}

void HttpConnection::on_deadline(MonoTime) {
  error_code ignored;
  stream_.socket().close(ignored);
}

void HttpConnection::handshake() {
  thread_.deadlines().set(*this, std::chrono::steady_clock::now() + services_.options.auth_timeout);
  thread_.handshakes().join(*this, std::chrono::steady_clock::now());
  stream_.handshake([self = shared_from_this()](const error_code& error) {
    if (error) return; // no TLS, or none that we speak: there is nothing to say to it
    self->peer_.names = peer_names(self->stream_.tls().native_handle());
    self->read_header();
  });
}

void HttpConnection::read_header() {
  parser_.emplace();
  parser_->header_limit(max_header);
  parser_->body_limit(boost::none); // on_header() looks
  max_body_ = services_.options.max_body;
  held_.set(0);
  thread_.handshakes().join(*this, std::chrono::steady_clock::now());
  thread_.deadlines().set(*this, std::chrono::steady_clock::now() + services_.options.request_timeout);
  http::async_read_header(stream_, buffer_, *parser_,
                          [self = shared_from_this()](const error_code& error, std::size_t) {
                            if (error) return self->refuse(error);
                            self->on_header();
                          });
}

void HttpConnection::on_header() {
  const HttpRequest& request = parser_->get();
  const std::string_view text{request.target().data(), request.target().size()};
  target_ = parse_target(text);
  peer_.token = target_ ? take_token(request, *target_) : "";
  if (!is_admitted()) {
    asked_ = std::chrono::steady_clock::now();
    return respond(api_error(503, "busy", "connections come too fast from this address"), false, false);
  }
  parser_->body_limit(max_body_ = max_body(services_, text, services_.guard.admit(peer_.token)));
  if (parser_->content_length().value_or(0) > max_body_) return refuse(http::error::body_limit);
  if (const auto size = parser_->content_length()) { // who sends much gets the time for it, at 64 KB/s
    thread_.deadlines().set(*this, std::chrono::steady_clock::now() + services_.options.request_timeout +
                                       std::chrono::seconds(std::min<std::uint64_t>(*size, max_body_) >> 16));
  }
  if (request[http::field::expect] != "100-continue") return read_body();
  static const std::string go_on = "HTTP/1.1 100 Continue\r\n\r\n";
  boost::asio::async_write(stream_, boost::asio::buffer(go_on),
                           [self = shared_from_this()](const error_code& error, std::size_t) {
                             if (!error) self->read_body();
                           });
}

/// The address that a proxy of ours speaks for has its own rate.
bool HttpConnection::is_admitted() {
  if (!is_proxied_) return true;
  const auto address = forwarded_for(parser_->get(), services_.options.trusted_proxies);
  if (!address || *address == peer_.address) return true; // the same client as a moment ago
  peer_.address = *address;
  return services_.rates.take(peer_.address, services_.options.connection_rate, std::chrono::steady_clock::now());
}

void HttpConnection::read_body() {
  if (parser_->is_done()) return on_request();
  http::async_read_some(stream_, buffer_, *parser_, [self = shared_from_this()](const error_code& error, std::size_t) {
    if (error) return self->refuse(error);
    self->held_.set(self->parser_->get().body().size());
    self->read_body();
  });
}

void HttpConnection::refuse(const error_code& error) {
  asked_ = std::chrono::steady_clock::now();
  if (error == http::error::body_limit) {
    respond(api_error(413, "too_large", "a body may have at most " + std::to_string(max_body_) + " bytes"), false,
            false);
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
  thread_.handshakes().leave(*this);
  HttpRequest request = parser_->release();
  thread_.deadlines().clear(*this); // the answer is ours to give
  const bool keep_alive = request.keep_alive() && !services_.draining;
  const bool head = request.method() == http::verb::head;
  if (!target_) {
    return respond(api_error(400, "bad_request", "the request target is malformed: percent-encode names as UTF-8"),
                   keep_alive, head);
  }
  if (const auto why = foreign(request, services_, stream_.is_tls())) {
    return respond(api_error(403, "forbidden", *why), keep_alive, head);
  }
  if (boost::beast::websocket::is_upgrade(request)) return upgrade(request);
  ApiRequest call{std::string(request.method_string()), std::move(*target_), std::move(request.body())};
  call.grant = services_.guard.admit(peer_.token);
  call.accept_encoding = std::string(request[http::field::accept_encoding]);
  call.accept = std::string(request[http::field::accept]);
  call.if_none_match = std::string(request[http::field::if_none_match]);
  handle_api(services_, thread_, std::move(call), [self = shared_from_this(), keep_alive, head](ApiResponse answer) {
    boost::asio::post(self->thread_.context(), [self, answer = std::move(answer), keep_alive, head]() mutable {
      self->respond(std::move(answer), keep_alive, head);
    });
  });
}

void HttpConnection::upgrade(const HttpRequest& request) {
  const std::string path = target_->path();
  const bool is_nvr = path == "/ws" || path == "/" || path == "/nvr";
  if (services_.draining || (services_.leaving && is_nvr)) {
    return respond(api_error(503, "shutting_down", "the server is shutting down"), false, false);
  }
  auto greeting = accept_websocket(request);
  if (!greeting) return respond(std::move(greeting.error()), false, false);
  // What a hasty client sent behind its request.
  auto start = [this, greeting = std::move(*greeting)](const auto& session) mutable {
    const auto rest = buffer_.cdata();
    upgraded_ = true;
    session->start(std::move(greeting), {static_cast<const char*>(rest.data()), rest.size()});
  };
  if (is_nvr) {
    start(std::make_shared<NvrSession>(std::move(stream_), std::move(peer_), thread_, services_));
  } else if (path == "/ws/dashboard" && services_.dashboard_sockets >= services_.options.max_dashboards) {
    respond(api_error(503, "busy", "as many dashboards as --max-dashboards are open"), false, false);
  } else if (path == "/ws/dashboard") {
    start(std::make_shared<DashboardSession>(std::move(stream_), peer_, thread_, services_));
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
  if (!answer.authenticate.empty()) response->set(http::field::www_authenticate, answer.authenticate);
  response->set("X-Content-Type-Options", "nosniff");
  response->set("X-Frame-Options", "DENY");
  response->set("Referrer-Policy", "no-referrer");
  response->set("Cross-Origin-Resource-Policy", "same-origin");
  if (stream_.is_tls()) response->set("Strict-Transport-Security", "max-age=31536000");
  if (!answer.disposition.empty()) response->set(http::field::content_disposition, answer.disposition);
  if (answer.status == 426) response->set(http::field::sec_websocket_version, "13");
  if (!answer.link.empty()) response->set(http::field::link, answer.link);
  if (!answer.allow.empty()) response->set(http::field::allow, answer.allow);
  if (answer.retry_after_s > 0) response->set(http::field::retry_after, std::to_string(answer.retry_after_s));
  response->keep_alive(keep_alive);
  response->prepare_payload();
  held_.set(response->body().size());
  if (head) response->body().clear();                                 // the length stays: that is what was asked for
  thread_.handshakes().join(*this, std::chrono::steady_clock::now()); // who does not read holds no place, either
  thread_.deadlines().set(*this, std::chrono::steady_clock::now() + services_.options.request_timeout);
  http::async_write(stream_, *response,
                    [self = shared_from_this(), response, keep_alive](const error_code& error, std::size_t) {
                      if (error) return;
                      if (keep_alive) return self->read_header();
                      error_code ignored;
                      self->stream_.socket().shutdown(Socket::shutdown_send, ignored);
                    });
}

} // namespace nvrhub::net
