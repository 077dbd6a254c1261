#include "net/http/connection.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include "api/router.hpp"
#include "net/dashboard/dashboard_session.hpp"
#include "net/http/origin_policy.hpp"
#include "net/nvr/nvr_session.hpp"
#include "net/websocket/handshake.hpp"

namespace nvrhub::net {

namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

constexpr std::uint32_t max_header = 16 * 1024;

} // namespace

HttpConnection::HttpConnection(Stream&& stream, ClientIdentity client, IoThread& thread, HttpContext& context)
    : context_(context), thread_(thread), stream_(std::move(stream)), client_(std::move(client)),
      is_proxied_(context.admission.limits.trusted_proxies.contains(client_.address)) {}

void HttpConnection::start(Socket&& socket, ClientIdentity client, IoThread& thread, HttpContext& context) {
  const auto tls = context.admission.tls.context();
  Stream stream = tls ? Stream(std::move(socket), *tls) : Stream(std::move(socket));
  const std::shared_ptr<HttpConnection> self(new HttpConnection(std::move(stream), std::move(client), thread, context),
                                             [&thread](HttpConnection* dead) {
                                               std::unique_ptr<HttpConnection> owned(dead);
                                               if (!thread.is_over()) thread.run([moved = std::move(owned)] {});
                                             });
  context.memory.consumers.join(thread, *self);
  self->log_connection("connection accepted");
  tls ? self->handshake() : self->read_header();
}

HttpConnection::~HttpConnection() {
  thread_.timers().clear(*this);
  thread_.pending_connections().leave(*this);
  context_.memory.consumers.leave(thread_, *this);
  if (upgraded_) return;
  --context_.admission.connections;
  log_connection("connection closed");
}

void HttpConnection::on_timer(MonoTime) {
  error_code ignored;
  stream_.socket().close(ignored);
}

void HttpConnection::handshake() {
  thread_.timers().set(*this, std::chrono::steady_clock::now() + context_.timeouts.auth);
  thread_.pending_connections().join(*this, std::chrono::steady_clock::now());
  stream_.handshake([self = shared_from_this()](const error_code& error) {
    if (error) return; // no TLS client: it would not understand an answer
    self->client_.names = peer_names(self->stream_.tls().native_handle());
    self->read_header();
  });
}

void HttpConnection::read_header() {
  parser_.emplace();
  request_line_.clear();
  parser_->header_limit(max_header);
  parser_->body_limit(boost::none); // set by on_header()
  max_body_ = context_.api.options.max_body;
  reservation_.set(0);
  thread_.pending_connections().join(*this, std::chrono::steady_clock::now());
  thread_.timers().set(*this, std::chrono::steady_clock::now() + context_.timeouts.request);
  http::async_read_header(stream_, buffer_, *parser_,
                          [self = shared_from_this()](const error_code& error, std::size_t) {
                            if (error) return self->refuse(error);
                            self->on_header();
                          });
}

void HttpConnection::on_header() {
  const HttpRequest& request = parser_->get();
  const std::string_view text{request.target().data(), request.target().size()};
  target_ = api::parse_target(text);
  client_.credential = TokenGrant(target_ ? take_token(request, *target_) : "");
  if (context_.api.shared->log.is_enabled(actors::Level::debug)) {
    request_line_ = std::string(request.method_string()) + " " + (target_ ? target_->path() : "(malformed)");
  }
  if (!is_within_address_rate()) {
    received_ = std::chrono::steady_clock::now();
    return respond(api::error_response(503, "busy", "too many connections from this address (--connection-rate)"),
                   false, false);
  }
  max_body_ = api::max_body(context_.api.options, text, client_.credential.grant(context_.admission.guard));
  parser_->body_limit(max_body_);
  if (parser_->content_length().value_or(0) > max_body_) return refuse(http::error::body_limit);
  if (const auto size = parser_->content_length()) { // a large body gets more time, at 64 KB/s
    thread_.timers().set(*this, std::chrono::steady_clock::now() + context_.timeouts.request +
                                    std::chrono::seconds(std::min<std::uint64_t>(*size, max_body_) >> 16));
  }
  if (request[http::field::expect] != "100-continue") return read_body();
  static const std::string go_on = "HTTP/1.1 100 Continue\r\n\r\n";
  boost::asio::async_write(stream_, boost::asio::buffer(go_on),
                           [self = shared_from_this()](const error_code& error, std::size_t) {
                             if (!error) self->read_body();
                           });
}

/// Behind a trusted proxy each client address has its own rate.
bool HttpConnection::is_within_address_rate() {
  if (!is_proxied_) return true;
  const auto address = forwarded_for(parser_->get(), context_.admission.limits.trusted_proxies);
  if (!address || *address == client_.address) return true; // the same client as before
  client_.address = *address;
  return context_.admission.rates.take(client_.address, context_.admission.limits.connection_rate,
                                       std::chrono::steady_clock::now());
}

void HttpConnection::read_body() {
  if (parser_->is_done()) return on_request();
  http::async_read_some(stream_, buffer_, *parser_, [self = shared_from_this()](const error_code& error, std::size_t) {
    if (error) return self->refuse(error);
    self->reservation_.set(self->parser_->get().body().size());
    self->read_body();
  });
}

void HttpConnection::refuse(const error_code& error) {
  received_ = std::chrono::steady_clock::now();
  if (error == http::error::body_limit) {
    respond(
        api::error_response(413, "too_large", "the body exceeds the limit of " + std::to_string(max_body_) + " bytes"),
        false, false);
  } else if (error == http::error::header_limit) {
    respond(api::error_response(431, "too_large",
                                "the header exceeds the limit of " + std::to_string(max_header) + " bytes"),
            false, false);
  } else if (error.category() == http::make_error_code(http::error::bad_method).category() &&
             error != http::error::end_of_stream && error != http::error::partial_message) {
    respond(api::error_response(400, "bad_request", "malformed HTTP request: " + error.message()), false, false);
  } // else the client has closed the connection: this was its last reference
}

void HttpConnection::on_request() {
  received_ = std::chrono::steady_clock::now();
  thread_.pending_connections().leave(*this);
  HttpRequest request = parser_->release();
  thread_.timers().clear(*this); // the client has done its part
  const Admission& admission = context_.admission;
  const bool keep_alive = request.keep_alive() && !context_.api.draining;
  const bool head = request.method() == http::verb::head;
  if (!target_) {
    return respond(
        api::error_response(400, "bad_request", "the request target is malformed: percent-encode names as UTF-8"),
        keep_alive, head);
  }
  if (const auto why = check_origin_and_host(request, admission.origins, admission.guard.is_open(), stream_.is_tls())) {
    return respond(api::error_response(403, "forbidden", *why), keep_alive, head);
  }
  if (boost::beast::websocket::is_upgrade(request)) return upgrade(request);
  api::Request call{std::string(request.method_string()), std::move(*target_), std::move(request.body())};
  call.grant = client_.credential.grant(admission.guard);
  call.accept_encoding = std::string(request[http::field::accept_encoding]);
  call.accept = std::string(request[http::field::accept]);
  call.if_none_match = std::string(request[http::field::if_none_match]);
  api::handle(context_.api, thread_.context().get_executor(), std::move(call),
              [self = shared_from_this(), keep_alive, head](api::Response answer) {
                boost::asio::post(self->thread_.context(),
                                  [self, answer = std::move(answer), keep_alive, head]() mutable {
                                    self->respond(std::move(answer), keep_alive, head);
                                  });
              });
}

void HttpConnection::upgrade(const HttpRequest& request) {
  const std::string path = target_->path();
  const bool is_nvr = path == "/ws" || path == "/" || path == "/nvr";
  if (context_.api.draining || (context_.api.leaving && is_nvr)) {
    return respond(api::error_response(503, "shutting_down", "the server is shutting down"), false, false);
  }
  auto greeting = accept_websocket(request);
  if (!greeting) return respond(std::move(greeting.error()), false, false);
  // `rest`: what the client sent right after its request.
  auto start = [this, greeting = std::move(*greeting)](const auto& session) mutable {
    const auto rest = buffer_.cdata();
    upgraded_ = true;
    log_request(101);
    session->start(std::move(greeting), {static_cast<const char*>(rest.data()), rest.size()});
  };
  if (is_nvr) {
    start(std::make_shared<NvrSession>(std::move(stream_), std::move(client_), thread_, context_.nvr));
  } else if (path == "/ws/dashboard" &&
             context_.admission.dashboard_sockets >= context_.admission.limits.max_dashboards) {
    respond(api::error_response(503, "busy", "the limit of dashboard sockets is reached (--max-dashboards)"), false,
            false);
  } else if (path == "/ws/dashboard") {
    start(std::make_shared<DashboardSession>(std::move(stream_), client_.credential.grant(context_.admission.guard),
                                             thread_, context_.dashboard));
  } else {
    respond(api::error_response(404, "not_found", "no WebSocket at this path: use /ws (NVRs) or /ws/dashboard"), false,
            false);
  }
}

void HttpConnection::count(const api::Response& answer) const {
  const auto took =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - received_).count();
  context_.counters.local().routes[answer.route].count(answer.status, static_cast<std::uint64_t>(took));
}

void HttpConnection::log_connection(std::string_view message) const {
  const actors::Log& log = context_.api.shared->log;
  if (!log.is_enabled(actors::Level::debug)) return;
  log(actors::Level::debug, "connection", message, {{"address", client_.address.to_string()}});
}

void HttpConnection::log_request(int status) const {
  const actors::Log& log = context_.api.shared->log;
  if (!log.is_enabled(actors::Level::debug)) return;
  log(actors::Level::debug, "request", request_line_.empty() ? "(malformed)" : request_line_.c_str(),
      {{"address", client_.address.to_string()}, {"status", status}});
}

void HttpConnection::respond(api::Response answer, bool keep_alive, bool head) {
  count(answer);
  log_request(answer.status);
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
  reservation_.set(response->body().size());
  if (head) response->body().clear();                                          // Content-Length stays that of the body
  thread_.pending_connections().join(*this, std::chrono::steady_clock::now()); // until the client has read the answer
  thread_.timers().set(*this, std::chrono::steady_clock::now() + context_.timeouts.request);
  http::async_write(stream_, *response,
                    [self = shared_from_this(), response, keep_alive](const error_code& error, std::size_t) {
                      if (error) return;
                      if (keep_alive) return self->read_header();
                      error_code ignored;
                      self->stream_.socket().shutdown(Socket::shutdown_send, ignored);
                    });
}

} // namespace nvrhub::net
