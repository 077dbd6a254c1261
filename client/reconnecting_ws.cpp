#include "client/reconnecting_ws.hpp"

#include <algorithm>
#include <utility>

namespace nvrhub::client {

using std::chrono::milliseconds;

namespace {

constexpr auto attempt_timeout = std::chrono::seconds(30); // from resolving the name to `established`
constexpr auto idle_timeout = std::chrono::seconds(60);

bool is_worth_retrying(const WsEnd& end) {
  if (end.kind == WsEnd::Kind::closed) return reconnect_after_close(end.close_code) == Reconnect::soon;
  return end.kind != WsEnd::Kind::refused || end.http_status == 429 || end.http_status >= 500;
}

} // namespace

ReconnectingWs::ReconnectingWs(boost::asio::io_context& context, const Server& server, std::string path,
                               Listener& listener)
    : context_(context), server_(server), path_(std::move(path)), listener_(listener), resolver_(context),
      timer_(context) {}

void ReconnectingWs::start() {
  limit_attempt();
  resolve();
}

void ReconnectingWs::resolve() {
  resolver_.async_resolve(
      server_.address.host, server_.address.port,
      [this](const boost::system::error_code& error, boost::asio::ip::tcp::resolver::results_type found) {
        if (is_closed_ || error == boost::asio::error::operation_aborted) return;
        if (error) {
          return failed(server_.address.authority() + ": the host is unknown: " + error.message(), was_established_);
        }
        endpoints_ = std::move(found);
        endpoint_ = endpoints_.begin();
        connect_next();
      });
}

void ReconnectingWs::connect_next() {
  const WsRequest request{.path = path_, .bearer_token = server_.token, .idle_timeout = idle_timeout};
  ws_ = open_ws(context_, server_, (endpoint_++)->endpoint(), request, *this);
}

void ReconnectingWs::limit_attempt() {
  timer_.expires_after(attempt_timeout);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error || is_established_ || is_closed_) return;
    resolver_.cancel();
    if (ws_) ws_->abort();
    failed(server_.address.authority() + ": no answer within 30 s", was_established_);
  });
}

void ReconnectingWs::established() {
  is_established_ = was_established_ = true;
  backoff_.reset();
  timer_.cancel();
}

void ReconnectingWs::note_error(std::string message, milliseconds retry_after) {
  error_message_ = std::move(message);
  retry_after_ = retry_after;
}

void ReconnectingWs::reopen(const std::string& why) {
  if (ws_) ws_->abort();
  failed(server_.address.authority() + ": " + why, true);
}

void ReconnectingWs::close() {
  is_closed_ = true;
  resolver_.cancel();
  timer_.cancel();
  if (ws_) ws_->close(1000);
  ws_.reset();
}

void ReconnectingWs::on_open() {
  is_open_ = true;
  listener_.on_open();
}

void ReconnectingWs::on_text(std::string_view text) {
  listener_.on_text(text);
}

void ReconnectingWs::on_sent() {
  listener_.on_sent();
}

void ReconnectingWs::on_end(const WsEnd& end) {
  const bool is_last_address = endpoint_ == endpoints_.end();
  if (end.kind == WsEnd::Kind::no_connection && !is_last_address) return connect_next();
  failed(describe(end), was_established_ && is_worth_retrying(end), end.retry_after.value_or(milliseconds(0)));
}

void ReconnectingWs::failed(const std::string& why, bool can_retry, milliseconds hint) {
  ws_.reset();
  is_open_ = is_established_ = false;
  hint = std::max(hint, std::exchange(retry_after_, milliseconds(0)));
  error_message_.clear();
  timer_.cancel();
  if (!can_retry) return listener_.on_given_up(why);
  const milliseconds pause =
      hint.count() > 0 ? Backoff::after_hint(hint, random_share()) : backoff_.next(random_share());
  timer_.expires_after(pause);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error && !is_closed_) start();
  });
  listener_.on_lost(why, pause);
}

std::string ReconnectingWs::describe(const WsEnd& end) const {
  const std::string where = server_.address.authority() + ": ";
  switch (end.kind) {
  case WsEnd::Kind::no_connection:
    if (!end.reason.empty()) return end.reason;
    return "cannot connect to " + server_.address.authority() + ": " + end.error.message() + "; is the server running?";
  case WsEnd::Kind::refused:
    return where + "the upgrade to a WebSocket of " + path_.substr(0, path_.find('?')) + " was answered with HTTP " +
           std::to_string(end.http_status) + hint_for(end.http_status);
  case WsEnd::Kind::closed: {
    const std::string& text = error_message_.empty() ? end.reason : error_message_;
    return where + "the server closed the connection (" + std::to_string(end.close_code) + ")" +
           (text.empty() ? "" : ": " + text);
  }
  case WsEnd::Kind::broken:
    break;
  }
  return where + (is_open_ ? "the connection broke: " : "no WebSocket: ") + end.error.message() +
         (is_open_ || server_.tls ? "" : "; if the server speaks TLS, use https:// in --server");
}

std::string ReconnectingWs::hint_for(unsigned http_status) const {
  if (http_status == 404 || http_status == 426) return ": --server must be the address of an nvrhub server";
  // What a server says to plain HTTP on a port with TLS.
  return http_status == 400 && !server_.tls ? "; if the server speaks TLS, use https:// in --server" : "";
}

double ReconnectingWs::random_share() {
  return std::uniform_real_distribution<double>(0, 1)(random_);
}

} // namespace nvrhub::client
