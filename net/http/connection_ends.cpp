// The begin of an HTTP connection, before its first request (PROXY header, TLS handshake), and its close.
#include "net/http/connection.hpp"

#include <algorithm>

#include <boost/asio/ssl/error.hpp>
#include <boost/beast/http/write.hpp>
#include <openssl/err.h>
#include <openssl/sslerr.h>

#include "api/router.hpp"
#include "net/http/http_response.hpp"
#include "net/transport/lingering_close.hpp"

namespace nvrhub::net {

namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

constexpr auto linger_time = std::chrono::seconds(30);
constexpr auto linger_idle = std::chrono::seconds(5);

/// Whether a handshake failed because the client does not speak TLS.
bool is_plain_text(const error_code& error) {
  if (error.category() != boost::asio::error::get_ssl_category()) return false;
  const int reason = ERR_GET_REASON(static_cast<unsigned long>(error.value()));
  return reason == SSL_R_HTTP_REQUEST || reason == SSL_R_HTTPS_PROXY_REQUEST || reason == SSL_R_WRONG_VERSION_NUMBER;
}

} // namespace

void HttpConnection::begin() {
  if (!proxied_.expects_preamble()) return stream_.is_tls() ? begin_handshake() : next_request();
  thread_.timers().set(*this, std::chrono::steady_clock::now() + context_.timeouts.auth);
  thread_.pending_connections().join(*this, std::chrono::steady_clock::now());
  read_proxy_header(stream_.socket(),
                    [self = shared_from_this()](const ProxyPreamble& preamble) { self->on_preamble(preamble); });
}

void HttpConnection::on_preamble(const ProxyPreamble& preamble) {
  if (!proxied_.take(preamble, client_.address)) return;
  if (stream_.is_tls()) { // too many connections are closed before they cost a handshake
    if (proxied_.is_within_rate(client_.address)) begin_handshake();
    return;
  }
  const std::string_view begun = preamble.parser.consumed(); // of a request without a PROXY header
  if (!proxied_.refusal().empty())
    buffer_.commit(boost::asio::buffer_copy(buffer_.prepare(begun.size()), boost::asio::buffer(begun)));
  next_request();
}

void HttpConnection::begin_handshake() {
  const MonoTime now = std::chrono::steady_clock::now();
  handshake_until_ = now + context_.timeouts.auth;
  thread_.timers().set(*this, handshake_until_);
  thread_.pending_connections().join(*this, now);
  await_handshake();
}

void HttpConnection::await_handshake() {
  stream_.socket().async_wait(Socket::wait_read, [self = shared_from_this()](const error_code& error) {
    if (!error) self->queue_handshake();
  });
}

/// The time in the queue is the server's, and does not count against the client.
void HttpConnection::queue_handshake() {
  const MonoTime queued = std::chrono::steady_clock::now();
  thread_.timers().clear(*this);
  thread_.pending_connections().hold(*this, queued);
  thread_.handshakes().push(stream_.tls() != nullptr, [self = shared_from_this(), queued] {
    const MonoTime now = std::chrono::steady_clock::now();
    self->handshake_until_ += now - queued;
    self->thread_.timers().set(*self, self->handshake_until_);
    self->thread_.pending_connections().resume(*self, now);
    self->continue_handshake();
  });
}

void HttpConnection::continue_handshake() {
  error_code error;
  stream_.handshake(error);
  if (error == boost::asio::error::would_block) return await_handshake();
  if (error) return is_plain_text(error) ? refuse_plain() : void();
  client_.names = peer_names(stream_.tls()->native());
  next_request();
}

/// Answers plain HTTP on a port with TLS.
void HttpConnection::refuse_plain() {
  const auto response =
      make_response(api::error_response(400, "bad_request",
                                        "this port speaks TLS: use https://, for WebSockets wss://, instead of http:// "
                                        "or ws://"),
                    {.now = std::chrono::system_clock::now()});
  http::async_write(stream_.socket(), *response,
                    [self = shared_from_this(), response](const error_code& error, std::size_t) {
                      if (!error) self->linger();
                    });
}

/// Closes the sending side and waits for the client to close: a reset would discard a response that it has not read.
void HttpConnection::close_gently() {
  if (!stream_.is_tls()) return linger();
  thread_.timers().set(*this, std::chrono::steady_clock::now() + linger_idle);
  stream_.async_close_notify([self = shared_from_this()](const error_code&) { self->linger(); });
}

void HttpConnection::linger() {
  error_code ignored;
  stream_.socket().shutdown(Socket::shutdown_send, ignored);
  const MonoTime now = std::chrono::steady_clock::now();
  linger_until_ = now + linger_time;
  thread_.timers().set(*this, now + linger_idle);
  drop_until_closed(stream_.socket(), shared_from_this(), [this](std::size_t bytes) {
    thread_.timers().set(*this, std::min(linger_until_, std::chrono::steady_clock::now() + linger_idle));
    linger_bytes_ -= std::min<std::uint64_t>(bytes, linger_bytes_);
    return linger_bytes_ > 0;
  });
}

} // namespace nvrhub::net
