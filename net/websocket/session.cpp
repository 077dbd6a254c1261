#include "net/websocket/session.hpp"

#include <utility>

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include "protocol/encode/encode.hpp"
#include "protocol/json/utf8.hpp"

namespace nvrhub::net {

using boost::system::error_code;

namespace {

constexpr auto close_wait = std::chrono::seconds(5); // for the peer to read what is queued and answer the close frame
constexpr auto stranger_wait = std::chrono::seconds(2); // the same for a peer that was never admitted
constexpr std::size_t unread_of_all = 16 * 1024;        // unread bytes per socket that the memory budget does not count
constexpr int frames_per_turn = 32;
constexpr unsigned max_pongs_waiting = 256;
constexpr std::size_t answer_bytes = 1 << 20; // above --max-outbound, which dashboards may exceed by a page

} // namespace

WebSocketSession::WebSocketSession(Stream&& stream, IoThread& thread, WebSocketContext& context)
    : context_(context), thread_(thread), wire_(std::move(stream)), reader_(context.limits.max_message),
      last_life_(std::chrono::steady_clock::now()), last_sent_(last_life_) {
  context_.sessions.join(thread_, *this);
  context_.memory.consumers.join(thread_, *this);
}

WebSocketSession::~WebSocketSession() {
  context_.sessions.leave(thread_, *this);
  context_.memory.consumers.leave(thread_, *this);
  count_waiting(0);
  thread_.timers().clear(*this);
  unwatch();
  --context_.connections;
}

void WebSocketSession::start(std::string greeting, std::string rest) {
  set_deadline(last_life_ + context_.timeouts.auth);
  kept_ = std::move(rest);
  push(std::make_shared<const std::string>(std::move(greeting)));
  on_open();
  if (!thread_.readiness().watch(wire_.descriptor(), *this)) drop();
}

void WebSocketSession::read_next() {
  wanted_ = true;
  if (!taking_) read_soon();
}

void WebSocketSession::take_kept() {
  if (kept_.empty() || !wants_bytes()) return;
  std::string bytes = std::exchange(kept_, {});
  const std::size_t left = take(std::span<char>(bytes).subspan(kept_at_));
  if (left > 0 && !ended_) {
    kept_at_ = bytes.size() - left;
    kept_ = std::move(bytes);
  }
  go_on();
}

void WebSocketSession::go_on() {
  hold();
  if (finishing_ || wants_bytes()) read_soon();
}

void WebSocketSession::read_soon() {
  if (std::exchange(waits_, true)) return;
  if (!kept_.empty() || readable_) { // after the other handlers that are ready
    return boost::asio::post(thread_.context(), [self = shared_from_this()] {
      self->waits_ = false;
      self->kept_.empty() ? self->on_readable() : self->take_kept();
    });
  }
  if (wire_.is_open()) waiting_ = shared_from_this();
}

void WebSocketSession::on_ready(Ready ready) {
  readable_ = readable_ || ready.readable;
  hung_up_ = hung_up_ || ready.hung_up;
  std::shared_ptr<WebSocketSession> self; // the calls below may release the last other reference
  if (ready.writable && sender_.is_blocked()) {
    self = shared_from_this();
    sender_.on_writable();
  }
  if (!readable_ || !waiting_) return;
  self = std::exchange(waiting_, nullptr);
  waits_ = false;
  on_readable();
}

void WebSocketSession::on_readable() {
  if (!wants_bytes() && !finishing_) return;
  error_code error;
  const Wire::Received received = wire_.read_some(thread_.read_buffer(), error);
  if (error == boost::asio::error::would_block) hung_up_ = false; // not expected; prevents a busy loop
  readable_ = hung_up_ || received.more;
  if (wire_.unsent_bytes() > 0 && !sender_.is_blocked()) flush_soon(); // answers of TLS, which the socket did not take
  if (error == boost::asio::error::would_block) return read_soon();
  on_bytes(error, received.bytes);
}

void WebSocketSession::unwatch() {
  if (wire_.is_open()) thread_.readiness().unwatch(wire_.descriptor(), *this);
}

void WebSocketSession::on_bytes(const error_code& error, std::span<char> bytes) {
  if (error) return gone(error == boost::asio::error::eof ? End::closed : End::error);
  if (finishing_) return read_soon(); // bytes received from now on are ignored
  const std::size_t left = take(bytes);
  if (left > 0 && !ended_) {
    kept_.assign(bytes.data() + bytes.size() - left, left);
    kept_at_ = 0;
  }
  go_on();
}

std::size_t WebSocketSession::take(std::span<char> bytes) {
  const auto self = shared_from_this();
  taking_ = true;
  for (int frames = 0; wants_bytes() && frames < frames_per_turn; ++frames) {
    const FrameReader::Found found = reader_.next(bytes);
    if (found.kind == FrameReader::Kind::none) break;
    on_frame(found);
  }
  taking_ = false;
  reader_.free_returned();
  answer_ping();
  return bytes.size();
}

void WebSocketSession::on_frame(const FrameReader::Found& found) {
  using Kind = FrameReader::Kind;
  const bool is_whole = found.kind != Kind::part && found.kind != Kind::too_large && found.kind != Kind::broken;
  if (is_whole) alive(); // an incomplete message is no sign of life
  switch (found.kind) {
  case Kind::none:
  case Kind::part:
    return;
  case Kind::text:
    return on_text(found.payload);
  case Kind::binary:
    if (closing_) return;
    wanted_ = false;
    return on_binary(found.payload);
  case Kind::ping:
    ping_ = found.payload;
    return;
  case Kind::pong:
    return;
  case Kind::close:
    return finish(found.code, End::closed);
  case Kind::broken:
    return finish(found.code, End::error);
  case Kind::too_large:
    if (closing_) return;
    refuse(protocol::ErrorCode::too_large,
           "a message may have at most " + std::to_string(context_.limits.max_message) + " bytes");
    return close(protocol::CloseCode::too_large);
  }
}

void WebSocketSession::on_text(std::string_view text) {
  if (closing_ || try_repeat_fast_path(text)) return;
  wanted_ = false;
  on_message(text);
}

bool WebSocketSession::close_if_not_utf8(std::string_view text) {
  if (protocol::is_utf8(text)) return false;
  finish(static_cast<std::uint16_t>(protocol::CloseCode::invalid_utf8), End::error);
  return true;
}

/// Answers only the latest of several pings (RFC 6455, 5.5.3). Limits the pongs queued for a peer that does not read.
void WebSocketSession::answer_ping() {
  if (!ping_) return;
  if (!sender_.is_blocked()) pongs_waiting_ = 0;
  if (++pongs_waiting_ > max_pongs_waiting) return drop();
  push(control_frame(Control::pong, *std::exchange(ping_, std::nullopt)));
}

void WebSocketSession::finish(std::uint16_t code, End how) {
  sender_.push_last(close_frame(code, {}));
  flush_soon();
  finishing_ = true;
  reader_.skip_messages();
  end(how);
  set_deadline(std::chrono::steady_clock::now() + (grant_ ? close_wait : stranger_wait));
}

void WebSocketSession::push(const Frame& frames) {
  if (sender_.is_over() || ended_) return;
  sender_.push(frames);
  flush_soon();
}

void WebSocketSession::send(const Frame& frame) {
  push(frame);
  if (waiting_bytes() > context_.limits.max_outbound) close_slow_consumer();
}

void WebSocketSession::flush_soon() {
  if (!std::exchange(flush_asked_, true)) thread_.flush_soon(shared_from_this());
}

void WebSocketSession::flush() {
  flush_asked_ = false;
  const std::size_t sent = sender_.flush(wire_, shared_from_this());
  if (sent > 0) {
    context_.counters.local().sent_bytes.add(sent);
    last_sent_ = thread_.tick_time();
  }
  count_waiting(waiting_bytes());
  hold();
  if (finishing_) {
    if (waiting_bytes() == 0) wire_.shutdown_send();
    return;
  }
  on_flushed();
  // For pongs, which are queued without send()'s limit: the peer pings and does not read.
  if (!ended_ && waiting_bytes() > context_.limits.max_outbound + answer_bytes) close_slow_consumer();
}

void WebSocketSession::count_waiting(std::size_t bytes) {
  if (bytes == counted_waiting_) return;
  context_.counters.local().outbound_bytes.add(bytes - counted_waiting_); // wraps around for a smaller value
  counted_waiting_ = bytes;
}

void WebSocketSession::hold() {
  const std::size_t unread = reader_.held() + kept_.capacity();
  reservation_.set(own_waiting() + (unread > unread_of_all ? unread : 0));
}

void WebSocketSession::close_slow_consumer() {
  if (closing_ || finishing_) return drop();
  sender_.drop_unsent(); // queued frames would delay the close frame
  close(protocol::CloseCode::too_slow);
}

void WebSocketSession::refuse(protocol::ErrorCode code, std::string_view message, const std::optional<std::string>& id,
                              std::optional<int> retry_after_s) {
  send(text_frame(protocol::encode_error(code, message, id, retry_after_s)));
}

void WebSocketSession::revalidate_grant() {
  if (!grant_ || closing_ || ended_ || context_.guard.holds(*grant_)) return;
  refuse(protocol::ErrorCode::unauthorized, "token: it was revoked, or one is needed now");
  close(protocol::CloseCode::unauthorized);
}

bool WebSocketSession::has_unread() {
  return !kept_.empty() || wire_.unread_bytes() > 0;
}

/// A peer is silent only if it left a ping unanswered for half of the timeout while the server ran: a ping from before
/// the server's own pause is repeated.
bool WebSocketSession::probe(MonoTime now) {
  const auto timeout = context_.timeouts.heartbeat;
  const auto interval = context_.timeouts.probe_interval();
  const auto is_pending = [this] { return pinged_ > last_life_ && pinged_ >= thread_.resumed_at(); };
  const auto silent_at = [&] { return std::max(last_life_ + timeout, pinged_ + timeout / 2); };
  if (is_pending() && now >= silent_at()) {
    if (!has_unread()) return false;
    alive(); // the answer arrived in time and was not read yet
  }
  if (!is_pending() && now - std::min(last_life_, last_sent_) >= interval) {
    ping();
    pinged_ = last_sent_ = now;
  }
  // A pending ping may be answered at once: look again before it is due.
  set_deadline(is_pending() ? std::min(silent_at(), now + interval) : std::min(last_life_, last_sent_) + interval);
  return true;
}

void WebSocketSession::ping() {
  push(control_frame(Control::ping, {}));
}

void WebSocketSession::close(protocol::CloseCode code) {
  if (closing_ || ended_) return;
  const auto self = shared_from_this(); // on_closing() may release the last other reference
  closing_ = true;
  context_.counters.local().closes[metrics::index_in(metrics::close_codes, static_cast<int>(code))].add();
  on_closing();
  set_deadline(std::chrono::steady_clock::now() + (grant_ ? close_wait : stranger_wait));
  sender_.push_last(close_frame(static_cast<std::uint16_t>(code), protocol::reason(code)));
  flush_soon();
  reader_.skip_messages(); // read on until the peer's close frame
  if (!taking_) read_soon();
}

void WebSocketSession::on_timer(MonoTime now) {
  if (closing_ || finishing_) return drop();
  on_time(now);
}

void WebSocketSession::end(End how) {
  if (!std::exchange(ended_, true)) on_end(how);
}

void WebSocketSession::gone(End how) {
  const auto self = shared_from_this();
  end(how);
  drop();
}

void WebSocketSession::drop() {
  const auto self = shared_from_this();
  quiesced_.reset();
  finishing_ = false;
  unwatch();
  wire_.close();
  thread_.timers().clear(*this);
  waiting_.reset();
  sender_.abandon();
  kept_ = {};
  end(End::error);
}

} // namespace nvrhub::net
