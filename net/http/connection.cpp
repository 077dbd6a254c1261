#include "net/http/connection.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include "api/router.hpp"
#include "net/dashboard/dashboard_session.hpp"
#include "net/http/header_list.hpp"
#include "net/http/http_response.hpp"
#include "net/http/origin_policy.hpp"
#include "net/http/pieces.hpp"
#include "net/http/request_head.hpp"
#include "net/nvr/nvr_session.hpp"
#include "net/websocket/handshake.hpp"

namespace nvrhub::net {

namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

constexpr std::uint32_t max_header = 16 * 1024;
constexpr std::uint64_t small_body = 64 * 1024; // read before the refusal, so that the connection can be kept

bool is_parse_error(const error_code& error) {
  return error.category() == http::make_error_code(http::error::bad_method).category() &&
         error != http::error::end_of_stream && error != http::error::partial_message;
}

/// What is wrong with a request line in which no version that this server speaks follows the target.
api::Response bad_version_response(const boost::beast::flat_buffer& buffer) {
  const std::string_view bytes{static_cast<const char*>(buffer.cdata().data()), buffer.size()};
  const std::string_view line = bytes.substr(0, bytes.find_first_of("\r\n"));
  const std::size_t version = line.rfind(" HTTP/");
  if (version == std::string_view::npos || line.size() != version + 9 || bytes.substr(line.size(), 2) != "\r\n")
    return api::error_response(400, "bad_request", "malformed HTTP request: no version of HTTP ends the first line");
  if (std::ranges::count(line, ' ') > 2)
    return api::error_response(400, "bad_request", "malformed HTTP request: the target contains a space: write %20");
  return api::error_response(505, "http_version", "this port speaks HTTP/1.1 and HTTP/1.0");
}

/// Whether a balancer sends PROXY headers (version 1, or 2 without the empty lines that it begins with).
bool is_proxy_header(const boost::beast::flat_buffer& buffer) {
  using namespace std::string_view_literals;
  const std::string_view bytes{static_cast<const char*>(buffer.cdata().data()), buffer.size()};
  return bytes.starts_with("PROXY ") || bytes.starts_with("\0\r\nQUIT\n"sv);
}

} // namespace

HttpConnection::HttpConnection(Stream&& stream, ClientIdentity client, IoThread& thread, HttpContext& context)
    : context_(context), thread_(thread), stream_(std::move(stream)), client_(std::move(client)),
      proxied_(context, client_.address) {}

void HttpConnection::start(Socket&& socket, ClientIdentity client, IoThread& thread, HttpContext& context) {
  auto tls = context.admission.tls.context();
  Stream stream = tls ? Stream(std::move(socket), std::move(tls)) : Stream(std::move(socket));
  const std::shared_ptr<HttpConnection> self(new HttpConnection(std::move(stream), std::move(client), thread, context),
                                             [&thread](HttpConnection* dead) {
                                               std::unique_ptr<HttpConnection> owned(dead);
                                               if (!thread.is_over()) thread.run([moved = std::move(owned)] {});
                                             });
  context.memory.consumers.join(thread, *self);
  self->log_connection("connection accepted");
  self->begin();
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

void HttpConnection::next_request() {
  parser_.emplace();
  parser_->header_limit(max_header);
  parser_->body_limit(boost::none); // set by on_header()
  call_ = {};
  request_line_.clear();
  answer_.reset();
  cors_ = {};
  is_head_ = false;
  knows_chunks_ = false;
  keep_alive_ = false;
  max_body_ = context_.api.options.max_body;
  reservation_.set(0);
  const MonoTime now = std::chrono::steady_clock::now();
  thread_.pending_connections().join(*this, now);
  thread_.timers().set(*this, now + (served_ ? context_.timeouts.keep_alive : context_.timeouts.request));
  await_request();
}

/// Reads the first bytes of a request. Ignores empty lines before it, which some clients send after a body (RFC 9112,
/// 2.2).
void HttpConnection::await_request() {
  const std::string_view bytes{static_cast<const char*>(buffer_.cdata().data()), buffer_.size()};
  std::size_t blank = 0;
  while (bytes.substr(blank, 2) == "\r\n")
    blank += 2;
  buffer_.consume(blank);
  if (buffer_.size() > 0 && bytes.substr(blank) != "\r") {
    if (served_) thread_.timers().set(*this, std::chrono::steady_clock::now() + context_.timeouts.request);
    return read_header();
  }
  stream_.async_read_some(buffer_.prepare(512), [self = shared_from_this()](const error_code& error, std::size_t size) {
    if (error) return;
    self->buffer_.commit(size);
    self->await_request();
  });
}

void HttpConnection::read_header() {
  http::async_read_header(stream_, buffer_, *parser_,
                          [self = shared_from_this()](const error_code& error, std::size_t) {
                            if (error) return self->refuse(error);
                            self->on_header();
                          });
}

void HttpConnection::on_header() {
  received_ = std::chrono::steady_clock::now();
  HttpRequest& request = parser_->get();
  take_draft_origin(request);
  const Admission& admission = context_.admission;
  is_head_ = request.method() == http::verb::head;
  knows_chunks_ = request.version() >= 11;
  keep_alive_ = wants_keep_alive(request) && context_.timeouts.keep_alive.count() > 0;
  cors_ = Cors(request, admission.origins, admission.guard.is_open());
  if (!proxied_.refusal().empty()) return respond(api::error_response(400, "bad_request", proxied_.refusal()), false);
  if (auto refused = check_head(request)) return respond(std::move(*refused), false);
  target_ = api::parse_target({request.target().data(), request.target().size()});
  client_.credential = TokenGrant(target_ ? take_token(request, *target_) : "");
  if (context_.api.shared->log.is_enabled(actors::Level::debug)) {
    request_line_ = std::string(request.method_string()) + " " + (target_ ? target_->path() : "(malformed)");
  }
  if (!proxied_.admit(request, client_.address)) {
    return respond(api::error_response(503, "busy", "too many connections from this address (--connection-rate)"),
                   false);
  }
  is_upgrade_ = is_websocket_upgrade(request);
  answer_ = answer_to_header();
  if (parser_->is_done()) return on_request();
  const std::uint64_t size = parser_->content_length().value_or(small_body + 1);
  const bool is_asked = expects_continue(request) && buffer_.size() == 0;
  // The client may have much to send yet, for nothing.
  if (answer_ && (is_asked || size > small_body)) return respond(std::move(*answer_), false);
  if (target_) {
    max_body_ = api::max_body(context_.api.options, *target_, client_.credential.grant(context_.admission.guard));
  }
  parser_->body_limit(max_body_);
  if (parser_->content_length().value_or(0) > max_body_) return refuse(http::error::body_limit);
  if (parser_->content_length()) { // a large body gets more time, at 64 KB/s
    thread_.timers().set(*this, std::chrono::steady_clock::now() + context_.timeouts.request +
                                    std::chrono::seconds(std::min<std::uint64_t>(size, max_body_) >> 16));
  }
  if (!is_asked) return read_body();
  static const std::string go_on = "HTTP/1.1 100 Continue\r\n\r\n";
  boost::asio::async_write(stream_, boost::asio::buffer(go_on),
                           [self = shared_from_this()](const error_code& error, std::size_t) {
                             if (!error) self->read_body();
                           });
}

/// The response that the header determines; nullopt: an upgrade, or a call for a handler.
std::optional<api::Response> HttpConnection::answer_to_header() {
  const HttpRequest& request = parser_->get();
  const Admission& admission = context_.admission;
  if (!target_) {
    return api::error_response(400, "bad_request", "the request target is malformed: percent-encode names as UTF-8");
  }
  if (auto why = check_origin_and_host(request, admission.origins, admission.guard.is_open(), stream_.is_tls())) {
    return api::error_response(403, "forbidden", *why);
  }
  if (is_upgrade_) return std::nullopt;
  if (auto preflight = cors_.preflight_answer()) return preflight;
  if (request.find(http::field::sec_websocket_key) != request.end() && target_->path() == "/") {
    return api::upgrade_required("/"); // a proxy passed on the request for an upgrade, but not the header Upgrade
  }
  call_ = {std::string(request.method_string()), *target_, {}};
  call_.grant = client_.credential.grant(admission.guard);
  call_.accept_encoding = joined_header(request, http::field::accept_encoding);
  call_.accept = joined_header(request, http::field::accept);
  call_.if_none_match = joined_header(request, http::field::if_none_match);
  return parser_->is_done() ? std::nullopt : api::answer_without_body(call_);
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
  if (!parser_->is_header_done()) linger_bytes_ = 1 << 20; // no client sends a header of more by mistake
  if (error == http::error::body_limit) {
    respond(
        api::error_response(413, "too_large", "the body exceeds the limit of " + std::to_string(max_body_) + " bytes"),
        false);
  } else if (error == http::error::header_limit) {
    respond(api::error_response(431, "too_large",
                                "the header exceeds the limit of " + std::to_string(max_header) + " bytes"),
            false);
  } else if (is_parse_error(error) && is_proxy_header(buffer_)) {
    respond(api::error_response(400, "bad_request",
                                "this is a PROXY protocol header, which is read only from a --trust-proxy address with "
                                "--proxy-header proxy-protocol"),
            false);
  } else if (error == http::error::bad_version) {
    respond(bad_version_response(buffer_), false);
  } else if (is_parse_error(error)) {
    respond(api::error_response(400, "bad_request", "malformed HTTP request: " + error.message()), false);
  } // else the client has closed the connection: this was its last reference
}

void HttpConnection::on_request() {
  received_ = std::chrono::steady_clock::now();
  thread_.pending_connections().leave(*this);
  thread_.timers().clear(*this); // the client has done its part
  served_ = true;
  HttpRequest request = parser_->release(); // fields of trailers, which it may have, are not used
  const bool keep_alive = keep_alive_ && !context_.api.draining;
  if (answer_) return respond(std::move(*answer_), keep_alive);
  if (is_upgrade_) return upgrade(request);
  call_.body = std::move(request.body());
  call_.grant = client_.credential.grant(context_.admission.guard); // it may have been revoked during the upload
  api::handle(context_.api, thread_.context().get_executor(), std::move(call_),
              [self = shared_from_this(), keep_alive](api::Response answer) {
                boost::asio::post(self->thread_.context(), [self, answer = std::move(answer), keep_alive]() mutable {
                  self->respond(std::move(answer), keep_alive);
                });
              });
}

void HttpConnection::upgrade(const HttpRequest& request) {
  const std::string path = target_->path();
  const bool is_nvr = path == "/ws" || path == "/" || path == "/nvr";
  if (context_.api.draining || (context_.api.leaving && is_nvr)) {
    return respond(api::error_response(503, "shutting_down", "the server is shutting down"), false);
  }
  auto greeting = accept_websocket(request);
  if (!greeting) return respond(std::move(greeting.error()), false);
  // `rest`: what the client sent right after its request.
  auto start = [this, greeting = std::move(*greeting),
                received = stream_.take_received()](const auto& session) mutable {
    const auto parsed = buffer_.cdata();
    upgraded_ = true;
    log_request(101);
    session->start(std::move(greeting), std::string(static_cast<const char*>(parsed.data()), parsed.size()) + received);
  };
  if (is_nvr) {
    start(std::make_shared<NvrSession>(std::move(stream_), std::move(client_), thread_, context_.nvr));
  } else if (path == "/ws/dashboard" &&
             context_.admission.dashboard_sockets >= context_.admission.limits.max_dashboards) {
    respond(api::error_response(503, "busy", "the limit of dashboard sockets is reached (--max-dashboards)"), false);
  } else if (path == "/ws/dashboard") {
    start(std::make_shared<DashboardSession>(std::move(stream_), client_.credential.grant(context_.admission.guard),
                                             thread_, context_.dashboard));
  } else {
    respond(api::error_response(404, "not_found", "no WebSocket at this path: use /ws (NVRs) or /ws/dashboard"), false);
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

void HttpConnection::respond(api::Response answer, bool keep_alive) {
  count(answer);
  log_request(answer.status);
  const auto idle = std::chrono::duration_cast<std::chrono::seconds>(context_.timeouts.keep_alive);
  const auto rest = is_head_ ? nullptr : answer.rest;
  if (rest && !knows_chunks_) keep_alive = false;
  const auto response = make_response(std::move(answer), {.is_tls = stream_.is_tls(),
                                                          .is_head = is_head_,
                                                          .is_chunked = rest && knows_chunks_,
                                                          .keep_alive = keep_alive,
                                                          .idle = idle,
                                                          .now = std::chrono::system_clock::now()});
  cors_.add_to(*response);
  reservation_.set(response->body().size());
  if (rest) return respond_in_pieces(std::make_shared<Pieces>(response, rest, keep_alive));
  expect_reading();
  http::async_write(stream_, *response,
                    [self = shared_from_this(), response, keep_alive](const error_code& error, std::size_t) {
                      if (error) return;
                      self->reservation_.set(0);
                      keep_alive ? self->next_request() : self->close_gently();
                    });
}

} // namespace nvrhub::net
