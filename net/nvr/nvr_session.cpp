#include "net/nvr/nvr_session.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <span>
#include <utility>

#include <caf/send.hpp>

#include "fleet/similar_names.hpp"
#include "protocol/encode/encode.hpp"
#include "protocol/json/utf8.hpp"
#include "protocol/limits.hpp"

namespace nvrhub::net {

using protocol::CloseCode;
using protocol::ErrorCode;

namespace {

constexpr auto catch_up_time = std::chrono::seconds(10); // after a pause: to read what the clients sent meanwhile

/// "is for another hostname", or what differs if `own` has one that looks the same. A client knows its own hostnames,
/// so the refusal may name them.
std::string other_hostname(std::string_view given, std::span<const std::string> own) {
  for (const std::string& known : own) {
    if (const auto similar = fleet::explain_similar(given, known)) return "is for " + *similar;
  }
  return "is for another hostname";
}

} // namespace

/// The actors' reference to a session. It accesses the session only on the session's own thread, so the last reference
/// to a session is never released elsewhere. Calls keep their order, whatever thread the actor runs on.
class NvrSession::Handle final : public actors::SessionHandle, public std::enable_shared_from_this<Handle> {
public:
  Handle(IoThread& thread, std::weak_ptr<WebSocketSession> session) : thread_(thread), session_(std::move(session)) {}

  void session_started(const actors::SessionStarted& granted) override {
    deliver([granted](NvrSession* session) {
      if (session != nullptr) return session->session_started(granted);
      caf::anon_send(granted.nvr, actors::SessionClosed{granted.session, fleet::Cause::closed});
    });
  }
  void wait_for_registration(const std::string& hostname, const protocol::ReportPtr& report,
                             fleet::WallMillis at) override {
    deliver([hostname, report, at](NvrSession* session) {
      if (session != nullptr) session->wait_for_registration(hostname, report, at);
    });
  }
  void send(std::string text) override {
    deliver([frame = text_frame(text)](NvrSession* session) {
      if (session != nullptr) session->WebSocketSession::send(frame);
    });
  }
  void report_done(fleet::NvrId repeatable_id) override {
    deliver([repeatable_id, invalidations = invalidations()](NvrSession* session) {
      if (session != nullptr) session->report_done(repeatable_id, invalidations);
    });
  }
  void decode_repeat() override {
    deliver([](NvrSession* session) {
      if (session != nullptr) session->decode_repeat();
    });
  }
  void invalidate_repeat_cache() override { invalidations_.fetch_add(1, std::memory_order_release); }
  /// The number of invalidations. The session sees it at once, not after the next post to its thread: after a manual
  /// change is answered, the next report is reconciled.
  unsigned invalidations() const { return invalidations_.load(std::memory_order_acquire); }

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
  std::atomic<unsigned> posted_{0}; // calls that are posted and have not run
  std::atomic<unsigned> invalidations_{0};
};

NvrSession::NvrSession(Stream&& stream, ClientIdentity&& peer, IoThread& thread, NvrContext& context)
    : WebSocketSession(std::move(stream), thread, context.websocket), nvr_(context),
      client_(std::make_unique<ClientIdentity>(std::move(peer))) {}

NvrSession::~NvrSession() {
  thread().pending_connections().leave(*this);
}

void NvrSession::evict() {
  close(CloseCode::try_again_later);
  set_deadline(std::chrono::steady_clock::now()); // its place is needed: do not wait for its close frame
}

void NvrSession::on_open() {
  thread().pending_connections().join(*this, last_life());
  handle_ = std::make_shared<Handle>(thread(), weak_from_this());
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
  context_.counters.local().received_bytes.add(text.size());
  if (is_too_fast()) return resume_reading();
  if (auto message = protocol::decode_nvr_message(text)) {
    const auto* heartbeat = std::get_if<protocol::Heartbeat>(&message->body);
    const bool is_bare = heartbeat != nullptr && heartbeat->report == nullptr; // the last report still applies
    if (!is_bare) fingerprint_ = protocol::HeartbeatFingerprint::of(text, *message);
    repeatable_id_ = 0;
    handle(*message);
  } else if (!close_if_not_utf8(text)) {
    refuse(message.error());
  }
  resume_reading();
}

/// A heartbeat that repeats the last report: most of them.
bool NvrSession::try_repeat_fast_path(std::string_view text) {
  if (repeatable_id_ == 0 || is_quiet()) return false;
  const auto variables = fingerprint_->match(text);
  if (!variables) return false;
  // Read before the check: if this session has been replaced meanwhile, its successor started at `now` or later.
  const fleet::WallMillis now = nvr_.shared.now();
  if (handle_->invalidations() != invalidations_) return false;
  metrics::NetCounters& counters = context_.counters.local();
  counters.received_bytes.add(text.size());
  if (is_too_fast()) return true;
  counters.heartbeats.add();
  if (variables->timestamp) measure_clock_skew(*variables->timestamp, now);
  nvr_.shared.presence.touch(repeatable_id_, now);
  if (variables->id) {
    reading_ = false;
    stop_reading();
    repeat_ = text;
    report(nullptr, variables->id, true);
  } else {
    nvr_.shared.counters.local().reports_unchanged.add();
  }
  return true;
}

bool NvrSession::has_resumed_within(std::chrono::milliseconds time) {
  const MonoTime now = std::chrono::steady_clock::now();
  thread().check_pause(now);
  const MonoTime resumed = thread().resumed_at();
  return resumed != MonoTime{} && now - resumed < time;
}

bool NvrSession::is_too_fast() {
  const Rate& rate = context_.limits.message_rate;
  if (messages_.take(rate, last_life()) || has_resumed_within(catch_up_time)) return false;
  WebSocketSession::refuse(ErrorCode::rate_limited,
                           "more than " + std::to_string(static_cast<unsigned>(rate.per_second)) +
                               " messages a second: over --message-rate, the limit per NVR",
                           std::nullopt, static_cast<int>(rate.seconds));
  close(CloseCode::too_slow);
  return true;
}

/// The seed's server parsed a message whichever kind its frame had, and some clients send their JSON as bytes.
void NvrSession::on_binary(std::string_view bytes) {
  const std::size_t begin = bytes.find_first_not_of(" \t\r\n");
  if (begin != std::string_view::npos && bytes[begin] == '{' && protocol::is_utf8(bytes)) return on_message(bytes);
  reading_ = false;
  if (!is_closing() && !is_quiet()) {
    refuse({ErrorCode::bad_message, "binary frame: a message is one JSON object", std::nullopt, true});
  }
  resume_reading();
}

void NvrSession::handle(protocol::NvrMessage& message) {
  metrics::NetCounters& counters = context_.counters.local();
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
  if (heartbeat.timestamp) measure_clock_skew(*heartbeat.timestamp, nvr_.shared.now());
  report(std::move(heartbeat.report), message.id);
}

void NvrSession::measure_clock_skew(fleet::WallMillis timestamp, fleet::WallMillis now) {
  const auto skew = static_cast<std::uint64_t>(std::abs(timestamp - now));
  // A clock in 1970 must not dominate the sum.
  context_.counters.local().clock_skew_ms.observe(std::min(skew, 2 * metrics::skew_ms.back()));
}

tl::expected<access::GrantPtr, std::string> NvrSession::admit(const protocol::Auth& auth) const {
  const bool has_token = auth.token ? !auth.token->empty() : !client_->credential.token().empty();
  const bool is_named = client_->names && std::find(client_->names->begin(), client_->names->end(), auth.hostname) !=
                                              client_->names->end();
  if (client_->names && !is_named)
    return tl::make_unexpected("hostname: the client certificate " + other_hostname(auth.hostname, *client_->names));
  access::GrantPtr grant = auth.token ? context_.guard.admit(*auth.token) : client_->credential.grant(context_.guard);
  if (!grant && is_named && !has_token) { // it replaces a token for the NVR that it names
    grant =
        std::make_shared<const access::Grant>(access::Grant{access::Role::nvr, "", true, auth.hostname, std::nullopt});
  }
  if (!grant && !has_token) {
    return tl::make_unexpected("token: missing; send it in the URL as ?token=... or in this message");
  }
  if (!grant) return tl::make_unexpected("token: invalid or revoked");
  if (!grant->may(access::Permission::report)) {
    return tl::make_unexpected("token: its role is " + std::string(to_string(grant->role)) + ", not nvr");
  }
  if (grant->hostname && *grant->hostname != auth.hostname) {
    return tl::make_unexpected("token: it " + other_hostname(auth.hostname, {&*grant->hostname, 1}));
  }
  return grant;
}

void NvrSession::authenticate(protocol::Auth& auth, const std::optional<protocol::Id>& id) {
  auto admitted = admit(auth);
  if (!admitted) {
    context_.counters.local().auths_unauthorized.add();
    nvr_.shared.log(
        actors::Level::warn, "unauthorized", "NVR refused: no valid token or certificate",
        {{"hostname", auth.hostname}, {"address", client_->address.to_string()}, {"reason", admitted.error()}});
    refuse({ErrorCode::unauthorized, admitted.error(), id, false});
    return close(CloseCode::unauthorized);
  }
  if (nvr_.leaving) { // its WebSocket handshake ended just before
    refuse({ErrorCode::shutting_down, "the server is being drained: connect to another server", id, false});
    return close(CloseCode::going_away);
  }
  grant_ = std::move(*admitted);
  thread().pending_connections().leave(*this);
  state_ = State::authenticating;
  busy_ = shared_from_this();
  hostname_ = auth.hostname;
  set_deadline(last_life() + context_.timeouts.probe_interval());
  caf::anon_send(nvr_.registry, actors::Authenticate{std::move(auth.hostname), handle_, std::move(auth.report), id});
}

void NvrSession::report(protocol::ReportPtr report, const std::optional<protocol::Id>& id, bool is_repeat) {
  busy_ = shared_from_this();
  caf::anon_send(session_.nvr, actors::Report{session_.session, std::move(report), id, is_repeat});
}

void NvrSession::refuse(const protocol::Refusal& refusal) {
  context_.counters.local().refused_messages[static_cast<std::size_t>(refusal.code)].add();
  WebSocketSession::refuse(refusal.code, refusal.message, refusal.id);
  if (refusal.counts && ++bad_messages_ >= protocol::max_bad_messages) close(CloseCode::bad_messages);
}

void NvrSession::session_started(const actors::SessionStarted& session) {
  state_ = State::session_started;
  context_.counters.local().nvr_sessions.add();
  session_ = session;
  client_.reset();
  const auto held = std::exchange(busy_, nullptr);
  alive();
  if (has_ended() || is_closing())
    return notify_closed(fleet::Cause::closed); // it ended while the registry handled the auth
  revalidate_grant();
  resume_reading();
}

void NvrSession::wait_for_registration(const std::string& hostname, const protocol::ReportPtr& report,
                                       fleet::WallMillis at) {
  nvr_.shared.waiting.add(hostname, client_->address.to_string(), report.get(), nvr_.shared.settings.max_cameras, at);
}

void NvrSession::report_done(fleet::NvrId repeatable_id, unsigned invalidations) {
  repeatable_id_ = fingerprint_ ? repeatable_id : 0;
  invalidations_ = invalidations;
  std::string().swap(repeat_); // frees its memory
  const auto held = std::exchange(busy_, nullptr);
  resume_reading();
}

/// Reading has been stopped since the repeat was sent, so its report is still the next one.
void NvrSession::decode_repeat() {
  const std::string frame = std::exchange(repeat_, {});
  const auto held = std::exchange(busy_, nullptr);
  if (state_ != State::session_started) return; // closed meanwhile; SessionClosed is sent
  if (auto message = protocol::decode_nvr_message(frame)) {
    return report(std::move(std::get<protocol::Heartbeat>(message->body).report), message->id);
  }
  resume_reading(); // not reached: what matches a fingerprint decodes
}

void NvrSession::notify_closed(fleet::Cause cause) {
  if (state_ != State::session_started) return;
  state_ = State::gone;
  context_.counters.local().nvr_sessions.subtract();
  nvr_.shared.log(actors::Level::debug, "session_ended", "NVR session ended",
                  {{"hostname", hostname_}, {"session", session_.session}, {"cause", to_string(cause)}});
  if (is_quiet()) return;
  // A client may have given up while the server did not run. It gets the time of a probe to come back.
  const auto probe_time = context_.timeouts.heartbeat / 2;
  const bool may_return = cause != fleet::Cause::timeout && has_resumed_within(probe_time); // a timeout was probed
  caf::anon_send(session_.nvr,
                 actors::SessionClosed{session_.session, cause, may_return ? probe_time : probe_time.zero()});
  session_ = {};
}

void NvrSession::on_end(End end) {
  thread().pending_connections().leave(*this);
  notify_closed(end == End::closed ? fleet::Cause::closed : fleet::Cause::error);
}

void NvrSession::leave_at(MonoTime at) {
  if (is_quiet() || is_closing()) return;
  const MonoTime now = std::chrono::steady_clock::now();
  leave_at_ = state_ == State::anonymous ? now : at;
  limit_deadlines(*leave_at_);
  set_deadline(std::max(now, last_life() + context_.timeouts.probe_interval())); // it may time out before
}

/// Stops reading first: the last report can become durable and be acked before the close.
void NvrSession::leave(MonoTime now) {
  if (is_quiet()) return close(CloseCode::going_away);
  limit_deadlines(MonoTime::max());
  quiesce();
  set_deadline(now + std::chrono::milliseconds(500));
}

void NvrSession::on_time(MonoTime now) {
  if (leave_at_ && now >= *leave_at_) return leave(now);
  if (state_ == State::anonymous) return close(CloseCode::silent);
  if (state_ == State::authenticating) alive(); // the server does not read meanwhile: its answer may wait for the disk
  if (probe(now)) return;
  notify_closed(fleet::Cause::timeout);
  close(CloseCode::silent);
}

} // namespace nvrhub::net
