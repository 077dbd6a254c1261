#include "net/nvr_session.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <utility>

#include <caf/send.hpp>

#include "protocol/encode.hpp"
#include "protocol/limits.hpp"

namespace nvrhub::net {

using protocol::CloseCode;
using protocol::ErrorCode;

/// What actors hold of a session. It meets the session on the session's own thread only, so that the last reference to
/// one never goes elsewhere; and in order, wherever the actor happens to run.
class NvrSession::Outlet final : public actors::SessionOutlet, public std::enable_shared_from_this<Outlet> {
public:
  Outlet(IoThread& thread, std::weak_ptr<WebSocketSession> session) : thread_(thread), session_(std::move(session)) {}

  void attached(const actors::Attached& granted) override {
    deliver([granted](NvrSession* session) {
      if (session != nullptr) return session->attached(granted);
      caf::anon_send(granted.nvr, actors::Closed{granted.session, fleet::Cause::closed});
    });
  }
  void send(std::string text) override {
    deliver([frame = text_frame(text)](NvrSession* session) {
      if (session != nullptr) session->WebSocketSession::send(frame);
    });
  }
  void report_taken(fleet::NvrId settled) override {
    deliver([settled, forgotten = forgotten()](NvrSession* session) {
      if (session != nullptr) session->report_taken(settled, forgotten);
    });
  }
  void forget() override { forgotten_.fetch_add(1, std::memory_order_release); }
  /// How often. Seen by the session at once, not when its thread comes to it: whoever changed a camera by hand may be
  /// sure that the next report is looked at.
  unsigned forgotten() const { return forgotten_.load(std::memory_order_acquire); }

  void close(CloseCode code) override {
    deliver([code](NvrSession* session) {
      if (session != nullptr) session->WebSocketSession::close(code);
    });
  }

private:
  template <class F>
  void deliver(F what) {
    if (thread_.is_current() && posted_.load(std::memory_order_acquire) == 0) return now(what);
    posted_.fetch_add(1, std::memory_order_relaxed);
    thread_.post([self = shared_from_this(), what = std::move(what)] {
      self->posted_.fetch_sub(1, std::memory_order_release);
      self->now(what);
    });
  }
  template <class F>
  void now(const F& what) {
    const std::shared_ptr<WebSocketSession> session = session_.lock();
    what(static_cast<NvrSession*>(session.get()));
  }

  IoThread& thread_;
  const std::weak_ptr<WebSocketSession> session_;
  std::atomic<unsigned> posted_{0}; // calls on their way to the thread
  std::atomic<unsigned> forgotten_{0};
};

NvrSession::NvrSession(Stream&& stream, Peer&& peer, IoThread& thread, Services& services)
    : WebSocketSession(std::move(stream), thread, services), peer_(std::make_unique<Peer>(std::move(peer))) {}

NvrSession::~NvrSession() {
  thread().handshakes().leave(*this);
}

void NvrSession::evict() {
  close(CloseCode::try_again_later);
  set_deadline(std::chrono::steady_clock::now()); // its place is wanted: no waiting for its answer
}

void NvrSession::on_open() {
  thread().handshakes().join(*this, last_life());
  outlet_ = std::make_shared<Outlet>(thread(), weak_from_this());
  resume_reading();
}

void NvrSession::resume_reading() {
  if (reading_ || busy_ || is_quiet() || has_ended()) return;
  reading_ = true;
  read_next();
}

void NvrSession::on_message(std::string_view text) {
  reading_ = false;
  if (is_closing() || is_quiet()) return resume_reading();
  services_.counters.mine().received_bytes.add(text.size());
  if (is_too_fast()) return resume_reading();
  if (auto message = protocol::decode_nvr_message(text)) {
    const auto* heartbeat = std::get_if<protocol::Heartbeat>(&message->body);
    const bool is_bare = heartbeat != nullptr && heartbeat->report == nullptr; // what was reported before still holds
    if (!is_bare) repeat_ = protocol::Repeat::of(text, *message);
    settled_ = 0;
    handle(*message);
  } else {
    refuse(message.error());
  }
  resume_reading();
}

/// A heartbeat that says nothing new: most of them.
bool NvrSession::take_known(std::string_view text) {
  if (settled_ == 0 || is_quiet() || outlet_->forgotten() != forgotten_) return false;
  const auto said = repeat_->match(text);
  if (!said) return false;
  Counters& counters = services_.counters.mine();
  counters.received_bytes.add(text.size());
  if (is_too_fast()) return true;
  counters.heartbeats.add();
  look_at_clock(said->timestamp);
  services_.shared->presence.touch(settled_, services_.shared->now());
  if (said->id) {
    reading_ = false;
    stop_reading();
    report(nullptr, said->id, std::string(text));
  } else {
    services_.shared->counters.mine().reports_unchanged.add();
  }
  return true;
}

bool NvrSession::is_too_fast() {
  const Rate& rate = services_.options.message_rate;
  if (messages_.take(rate, last_life())) return false;
  WebSocketSession::refuse(ErrorCode::rate_limited,
                           "more than " + std::to_string(static_cast<unsigned>(rate.per_second)) +
                               " messages a second: this server takes no more of one NVR",
                           std::nullopt, static_cast<int>(rate.seconds));
  close(CloseCode::too_slow);
  return true;
}

void NvrSession::on_binary() {
  reading_ = false;
  if (!is_closing() && !is_quiet()) {
    refuse({ErrorCode::bad_message, "binary frame: a message is one JSON object in a text frame", std::nullopt, true});
  }
  resume_reading();
}

void NvrSession::handle(protocol::NvrMessage& message) {
  Counters& counters = services_.counters.mine();
  if (auto* auth = std::get_if<protocol::Auth>(&message.body)) {
    counters.auths.add();
    if (state_ == State::anonymous) return authenticate(*auth, message.id);
    if (auth->hostname == hostname_) return report(std::move(auth->report), message.id);
    return refuse({ErrorCode::bad_message,
                   "hostname: this socket is authenticated as \"" + hostname_ + "\"; another NVR needs its own socket",
                   message.id, true});
  }
  if (state_ == State::anonymous) {
    return refuse({ErrorCode::not_authenticated, "type: the first message must be an auth", message.id, true});
  }
  auto& heartbeat = std::get<protocol::Heartbeat>(message.body);
  counters.heartbeats.add();
  look_at_clock(heartbeat.timestamp);
  report(std::move(heartbeat.report), message.id);
}

void NvrSession::look_at_clock(std::optional<fleet::WallMillis> timestamp) {
  if (!timestamp) return;
  const auto skew = static_cast<std::uint64_t>(std::abs(*timestamp - services_.shared->now()));
  // A clock in 1970 must not fill up the sum.
  services_.counters.mine().clock_skew_ms.observe(std::min(skew, 2 * skew_ms.back()));
}

tl::expected<access::GrantPtr, std::string> NvrSession::admit(const protocol::Auth& auth) const {
  const std::string& token = auth.token ? *auth.token : peer_->token;
  const bool is_named =
      peer_->names && std::find(peer_->names->begin(), peer_->names->end(), auth.hostname) != peer_->names->end();
  if (peer_->names && !is_named) return tl::make_unexpected("hostname: the client's certificate names another one");
  access::GrantPtr grant = services_.guard.admit(token);
  if (!grant && is_named && token.empty()) { // as good as a token for the NVR that it names
    grant =
        std::make_shared<const access::Grant>(access::Grant{access::Role::nvr, "", true, auth.hostname, std::nullopt});
  }
  if (!grant && token.empty()) {
    return tl::make_unexpected("token: none given; put it into the URL as ?token=..., or into this message");
  }
  if (!grant) return tl::make_unexpected("token: not known here");
  if (!grant->may(access::Role::nvr)) {
    return tl::make_unexpected("token: its role is " + std::string(to_string(grant->role)) + ", not nvr");
  }
  if (grant->hostname && *grant->hostname != auth.hostname) {
    return tl::make_unexpected("token: it is for another hostname");
  }
  return grant;
}

void NvrSession::authenticate(protocol::Auth& auth, const std::optional<protocol::Id>& id) {
  auto admitted = admit(auth);
  if (!admitted) {
    services_.counters.mine().auths_unauthorized.add();
    services_.log(actors::Level::warn, "unauthorized", "an NVR was refused",
                  {{"hostname", auth.hostname}, {"address", peer_->address.to_string()}, {"reason", admitted.error()}});
    refuse({ErrorCode::unauthorized, admitted.error(), id, false});
    return close(CloseCode::unauthorized);
  }
  if (services_.leaving) { // it was upgraded just before
    refuse({ErrorCode::shutting_down, "the server sends its NVRs away", id, false});
    return close(CloseCode::going_away);
  }
  grant_ = std::move(*admitted);
  peer_.reset();
  thread().handshakes().leave(*this);
  state_ = State::authenticating;
  busy_ = shared_from_this();
  hostname_ = auth.hostname;
  set_deadline(last_life() + services_.options.heartbeat_timeout / 2);
  caf::anon_send(services_.registry,
                 actors::Authenticate{std::move(auth.hostname), outlet_, std::move(auth.report), id});
}

void NvrSession::report(protocol::ReportPtr report, const std::optional<protocol::Id>& id, std::string repeated) {
  busy_ = shared_from_this();
  caf::anon_send(session_.nvr, actors::Report{session_.session, std::move(report), id, std::move(repeated)});
}

void NvrSession::refuse(const protocol::Refusal& refusal) {
  services_.counters.mine().refused_messages[static_cast<std::size_t>(refusal.code)].add();
  WebSocketSession::refuse(refusal.code, refusal.message, refusal.id);
  if (refusal.counts && ++bad_messages_ >= protocol::max_bad_messages) close(CloseCode::bad_messages);
}

void NvrSession::attached(const actors::Attached& session) {
  state_ = State::attached;
  services_.counters.mine().nvr_sessions.add();
  session_ = session;
  const auto held = std::exchange(busy_, nullptr);
  alive();
  if (has_ended() || is_closing()) return tell_closed(fleet::Cause::closed); // it went while the registry was at it
  recheck();
  resume_reading();
}

void NvrSession::report_taken(fleet::NvrId settled, unsigned forgotten) {
  settled_ = repeat_ ? settled : 0;
  forgotten_ = forgotten;
  const auto held = std::exchange(busy_, nullptr);
  resume_reading();
}

void NvrSession::tell_closed(fleet::Cause cause) {
  if (state_ != State::attached) return;
  state_ = State::gone;
  services_.counters.mine().nvr_sessions.subtract();
  if (is_quiet()) return;
  caf::anon_send(session_.nvr, actors::Closed{session_.session, cause});
  session_ = {};
}

void NvrSession::on_end(End end) {
  thread().handshakes().leave(*this);
  tell_closed(end == End::closed ? fleet::Cause::closed : fleet::Cause::error);
}

void NvrSession::leave_at(MonoTime at) {
  if (is_quiet() || is_closing()) return;
  const MonoTime now = std::chrono::steady_clock::now();
  leave_at_ = state_ == State::anonymous ? now : at;
  limit_deadlines(*leave_at_);
  set_deadline(std::max(now, last_life() + services_.options.heartbeat_timeout / 2)); // it may die before
}

/// First it falls silent, so that what it reported last can become durable and be acked.
void NvrSession::leave(MonoTime now) {
  if (is_quiet()) return close(CloseCode::going_away);
  limit_deadlines(MonoTime::max());
  quiesce();
  set_deadline(now + std::chrono::milliseconds(500));
}

void NvrSession::on_time(MonoTime now) {
  if (leave_at_ && now >= *leave_at_) return leave(now);
  if (state_ == State::anonymous) return close(CloseCode::silent);
  if (state_ == State::authenticating) alive(); // it is us who do not read: the answer may wait for the disk
  if (probe(now)) return;
  tell_closed(fleet::Cause::timeout);
  close(CloseCode::silent);
}

} // namespace nvrhub::net
