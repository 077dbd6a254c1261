#include "net/websocket_session.hpp"

#include <utility>

#include <boost/asio/error.hpp>

#include "protocol/encode.hpp"

namespace nvrhub::net {

namespace websocket = boost::beast::websocket;
using boost::system::error_code;

namespace {

constexpr auto close_wait = std::chrono::seconds(5);    // for the peer to take what is queued and answer the close
constexpr auto stranger_wait = std::chrono::seconds(2); // as above: who was never let in holds no place for longer
constexpr std::size_t read_piece = 16 * 1024;           // at most this much more buffer at a time
constexpr std::size_t answer_bytes = 1 << 20;           // beyond --max-outbound, which dashboards may exceed by a page

} // namespace

WebSocketSession::WebSocketSession(Stream&& stream, IoThread& thread, Services& services)
    : services_(services), thread_(thread), ws_(std::move(stream), [this] { flush_soon(); }),
      last_life_(std::chrono::steady_clock::now()) {
  services_.sessions.join(thread_, *this);
  services_.memory.holders.join(thread_, *this);
}

WebSocketSession::~WebSocketSession() {
  services_.sessions.leave(thread_, *this);
  services_.memory.holders.leave(thread_, *this);
  count_waiting(0);
  thread_.deadlines().clear(*this);
  --services_.connections;
}

void WebSocketSession::start(HttpRequest request) {
  request_ = std::move(request);
  ws_.auto_fragment(false);
  ws_.read_message_max(0); // on_read looks itself, to say so before it closes
  ws_.text(true);
  ws_.control_callback([this](websocket::frame_type, boost::beast::string_view) { alive(); });
  ws_.set_option(websocket::stream_base::decorator(
      [](websocket::response_type& response) { response.set(boost::beast::http::field::server, "nvrhub"); }));
  set_deadline(last_life_ + services_.options.auth_timeout);
  ws_.async_accept(request_, [self = shared_from_this()](const error_code& error) {
    self->request_ = {};
    if (error) return self->drop();
    self->alive();
    self->on_open();
  });
}

void WebSocketSession::read_next() {
  buffer_.consume(buffer_.size());
  buffer_.shrink_to_fit(); // most sockets idle: what the next message needs it will ask for
  ws_.async_read_some(buffer_, read_piece,
                      [self = shared_from_this()](const error_code& error, std::size_t) { self->on_read(error); });
}

void WebSocketSession::on_read(const error_code& error) {
  if (error) {
    const bool clean = error == websocket::error::closed || error == boost::asio::error::eof;
    return end(clean ? End::closed : End::error);
  }
  if (ws_.is_message_done()) alive(); // a message that trickles in proves nothing
  hold();
  if (buffer_.size() > services_.options.max_message && !closing_) {
    refuse(protocol::ErrorCode::too_large,
           "a message may have at most " + std::to_string(services_.options.max_message) + " bytes");
    close(protocol::CloseCode::too_large);
    buffer_.consume(buffer_.size());
  }
  if (closing_) { // read on to meet the peer's close frame
    if (ws_.is_message_done()) return read_next();
    buffer_.consume(buffer_.size());
  }
  if (!ws_.is_message_done()) {
    ws_.async_read_some(buffer_, read_piece,
                        [self = shared_from_this()](const error_code& next, std::size_t) { self->on_read(next); });
    return;
  }
  if (!ws_.got_text()) return on_binary();
  on_message({static_cast<const char*>(buffer_.cdata().data()), buffer_.size()});
}

void WebSocketSession::push(const Frame& frames) {
  if (!closing_ && !ended_) ws_.next_layer().push(frames);
}

void WebSocketSession::send(const Frame& frame) {
  push(frame);
  if (waiting_bytes() > services_.options.max_outbound) cut_off();
}

void WebSocketSession::flush_soon() {
  if (!std::exchange(flush_asked_, true)) thread_.flush_soon(shared_from_this());
}

void WebSocketSession::flush() {
  flush_asked_ = false;
  const std::size_t sent = ws_.next_layer().flush(shared_from_this());
  if (sent > 0) services_.counters.mine().sent_bytes.add(sent);
  count_waiting(waiting_bytes());
  hold();
  on_flushed();
  // What Beast says of itself: pongs, to a peer that pings and does not read.
  if (!ended_ && waiting_bytes() > services_.options.max_outbound + answer_bytes) cut_off();
}

void WebSocketSession::count_waiting(std::size_t bytes) {
  if (bytes == counted_waiting_) return;
  services_.counters.mine().outbound_bytes.add(bytes - counted_waiting_); // in numbers that wrap: also less
  counted_waiting_ = bytes;
}

void WebSocketSession::hold() {
  const std::size_t unread = buffer_.capacity() > read_piece ? buffer_.capacity() : 0; // the rest is every socket's
  held_.set(own_waiting() + unread);
}

void WebSocketSession::cut_off() {
  if (closing_) return drop();
  ws_.next_layer().out().drop_unsent(); // it does not read: what waits must not hold up the close frame
  close(protocol::CloseCode::too_slow);
}

void WebSocketSession::refuse(protocol::ErrorCode code, std::string_view message, const std::optional<std::string>& id,
                              std::optional<int> retry_after_s) {
  send(text_frame(protocol::encode_error(code, message, id, retry_after_s)));
}

void WebSocketSession::recheck() {
  if (!grant_ || closing_ || ended_ || services_.guard.holds(*grant_)) return;
  refuse(protocol::ErrorCode::unauthorized, "token: it was revoked, or one is needed now");
  close(protocol::CloseCode::unauthorized);
}

bool WebSocketSession::has_unread() {
  error_code error;
  return ws_.next_layer().next_layer().socket().available(error) > 0 && !error;
}

bool WebSocketSession::probe(MonoTime now) {
  const auto timeout = services_.options.heartbeat_timeout;
  if (now - last_life_ >= timeout && has_unread()) alive(); // it spoke in time; it is us who have not come to it
  if (now - last_life_ >= timeout) return false;
  const bool quiet = now - last_life_ >= timeout / 2;
  if (quiet) ping();
  set_deadline(last_life_ + (quiet ? timeout : timeout / 2));
  return true;
}

void WebSocketSession::ping() {
  if (std::exchange(pinging_, true) || closing_) return;
  ws_.async_ping({}, [self = shared_from_this()](const error_code&) { self->pinging_ = false; });
}

void WebSocketSession::close(protocol::CloseCode code) {
  if (closing_ || ended_) return;
  const auto self = shared_from_this(); // on_closing() lets go of what may be the last reference
  closing_ = true;
  services_.counters.mine().closes[index_in(close_codes, static_cast<int>(code))].add();
  on_closing();
  set_deadline(std::chrono::steady_clock::now() + (grant_ ? close_wait : stranger_wait));
  const std::string_view reason = protocol::reason(code);
  ws_.async_close({static_cast<websocket::close_code>(code), {reason.data(), reason.size()}},
                  [self = shared_from_this()](const error_code&) { self->drop(); });
}

void WebSocketSession::on_deadline(MonoTime now) {
  if (closing_ || !ws_.is_open()) return drop();
  on_time(now);
}

void WebSocketSession::end(End how) {
  if (std::exchange(ended_, true)) return;
  on_end(how);
  if (!closing_) drop(); // else async_close lets go of it
}

void WebSocketSession::drop() {
  const auto held = std::exchange(quiesced_, nullptr);
  error_code ignored;
  ws_.next_layer().next_layer().socket().close(ignored);
  thread_.deadlines().clear(*this);
  end(End::error);
}

} // namespace nvrhub::net
