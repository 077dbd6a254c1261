// An NVR's sessions: auth, heartbeat, takeover, close, grace, restart. protocol.md, "NVR socket".
#include "actors/nvr/state.hpp"

#include <algorithm>
#include <utility>

#include <caf/actor_system.hpp>
#include <caf/send.hpp>

#include "fleet/reconcile.hpp"
#include "fleet/replay.hpp"
#include "fleet/similar_names.hpp"
#include "protocol/encode/encode.hpp"

namespace nvrhub::actors {

namespace {

constexpr std::size_t max_pending_events = 64; // while a commit is delayed; further online periods must wait
constexpr auto fight_window = std::chrono::minutes(1);

void refuse(SessionHandle& handle, protocol::ErrorCode error, std::string_view message,
            const std::optional<protocol::Id>& id, std::optional<int> retry_after_s, protocol::CloseCode close) {
  handle.send(protocol::encode_error(error, message, id, retry_after_s));
  handle.close(close);
}

/// A registered hostname that looks like `given`, and what differs.
std::string explain(const std::string& given, const std::string& similar) {
  return "a registered NVR is named " + fleet::explain_similar(given, similar).value_or(similar);
}

} // namespace

void NvrState::init(Self self, std::string hostname, SharedPtr shared, StoreActor store, RegistryActor registry) {
  self_ = self;
  hostname_ = std::move(hostname);
  shared_ = std::move(shared);
  store_ = std::move(store);
  registry_ = std::move(registry);
  shared_->counters.local().nvr_actors.add();
  reload();
}

NvrState::~NvrState() {
  if (shared_) shared_->counters.local().nvr_actors.subtract();
}

void NvrState::on(const StartSession& message) {
  if (!busy()) ++received_;
  if (claim_ && claim_->session == 0) return replace_claim(message);
  if (busy()) return stash(message);
  if (!refuse_auth(message)) message.session == 0 ? claim_session(message) : begin_session(message);
  end_turn();
}

bool NvrState::refuse_auth(const StartSession& message) {
  using protocol::CloseCode;
  using protocol::ErrorCode;
  SessionHandle& handle = *message.handle;
  metrics::ActorCounters& counters = shared_->counters.local();
  if (draining_) {
    counters.auths_shutting_down.add();
    refuse(handle, ErrorCode::shutting_down, "the server is shutting down", message.id, 1, CloseCode::going_away);
  } else if (!exists_ && !shared_->settings.enroll_auto) {
    counters.auths_unknown_hostname.add();
    refuse_unknown_hostname(message);
  } else if (pending_.size() >= max_pending_events) {
    counters.auths_rate_limited.add();
    refuse(handle, ErrorCode::rate_limited, "earlier changes of this NVR are still being written", message.id, 5,
           CloseCode::too_slow);
  } else if ((handle_ || is_connected_elsewhere()) && slow_down(message)) {
    counters.auths_rate_limited.add();
  } else {
    return false;
  }
  return true;
}

void NvrState::begin_session(const StartSession& message) {
  metrics::ActorCounters& counters = shared_->counters.local();
  shared_->log(Level::debug, "session_started", "NVR session started",
               {{"hostname", hostname_}, {"session", message.session}, {"takeover", handle_ != nullptr}});
  if (handle_) {
    counters.takeovers.add();
    handle_->invalidate_repeat_cache();
    handle_->close(protocol::CloseCode::replaced);
  }
  counters.auths_accepted.add();
  handle_ = message.handle;
  session_ = message.session;
  grace_.reset();
  is_repeatable_ = false;
  handle_->session_started({self_, session_});

  forget_if_large(message.report);
  draft([this, message] { return take_auth(message); });
  commit_at_once();
}

bool NvrState::take_auth(const StartSession& message) {
  if (is_history(message.session)) return false;                   // its socket has been closed
  if (redrafting_ && !exists_ && !shared_->settings.enroll_auto) { // removed meanwhile
    refuse_unknown_hostname(message);
    return false;
  }
  std::vector<fleet::SkippedEntry> skipped;
  const std::uint32_t updated = take_report(message.report, true, skipped);
  // Another server may have registered the NVR after the claim, which then recorded no session.
  if (redrafting_ && shared_->settings.in_cluster) pending_.session();
  when_durable([this, message, updated, skipped = std::move(skipped)](const store::Result<fleet::Seq>& head) {
    if (!head) return refuse_session(message, head.error());
    message.handle->send(
        protocol::encode(protocol::AuthOk{hostname_, nvr_->id, message.session, updated, skipped, message.id}));
  });
  return true;
}

/// The store refused what the auth reports. That is no reason to set the NVR offline, unless the store is damaged or
/// the NVR does not come back.
void NvrState::refuse_session(const StartSession& message, const store::Error& error) {
  const bool may_pass = is_passing(error.code);
  if (may_pass && handle_ == message.handle) {
    handle_.reset();
    grace_ = fleet::Cause::error;
    wait_for_return(GracePeriod(shared_->settings.restart_grace, GracePeriod::Clock::now(), shared_->paused.load()));
  }
  refuse(*message.handle, protocol::ErrorCode::rate_limited, error.message, message.id, retry_after_s(error.code, true),
         may_pass ? protocol::CloseCode::going_away : protocol::CloseCode::too_slow);
}

/// A registered hostname that looks the same is named: the session has shown a token or certificate, if any is needed.
void NvrState::refuse_unknown_hostname(const StartSession& message) {
  const auto similar = shared_->hostnames.similar_to(hostname_);
  std::string text = "no NVR is registered as \"" + hostname_ + "\"";
  if (similar) {
    const std::string explained = explain(hostname_, *similar);
    shared_->log(Level::warn, "unknown_hostname", "NVR refused: its hostname is not registered; " + explained,
                 {{"hostname", hostname_}, {"similar", *similar}});
    text += "; " + explained;
  } else {
    shared_->log(Level::warn, "unknown_hostname", "NVR refused: its hostname is not registered",
                 {{"hostname", hostname_}});
    text += ": register it, or serve with --enroll auto";
  }
  message.handle->wait_for_registration(hostname_, message.report, shared_->now());
  refuse(*message.handle, protocol::ErrorCode::unknown_hostname, text, message.id, std::nullopt,
         protocol::CloseCode::unknown_hostname);
}

/// Two devices with one hostname would replace each other endlessly: the newer one must wait (protocol.md, "Takeover").
bool NvrState::slow_down(const StartSession& message) {
  const unsigned limit = shared_->settings.takeovers_per_minute;
  const Clock::time_point now = self_->home_system().clock().now();
  std::erase_if(takeovers_, [now](Clock::time_point at) { return now - at >= fight_window; });
  const auto recent = handle_ ? takeovers_ : shared_->takeovers.recent(hostname_, now);
  if (limit == 0 || recent.size() < limit) {
    if (limit != 0 && handle_) takeovers_.push_back(now);
    return false;
  }
  const auto wait = std::chrono::ceil<std::chrono::seconds>(fight_window - (now - recent.front()));
  refuse(*message.handle, protocol::ErrorCode::rate_limited,
         "another socket holds \"" + hostname_ + "\", and the two replaced each other " +
             std::to_string(recent.size()) + " times within a minute: is the hostname used twice?",
         message.id, static_cast<int>(wait.count()), protocol::CloseCode::too_slow);
  if (!conflict_shown_ || now - *conflict_shown_ >= fight_window) {
    conflict_shown_ = now;
    shared_->log(
        Level::warn, "conflict",
        "two sockets replace each other under one hostname, the newer one must wait: is the hostname used twice?",
        {{"hostname", hostname_}, {"takeovers_a_minute", recent.size()}});
    draft([this, limit] {
      if (!exists_) return false;
      pending_.conflict(nvr_.head(), "more than " + std::to_string(limit) + " takeovers in a minute", shared_->now());
      return true;
    });
  }
  return true;
}

/// In a cluster: another server has its session, as far as is known.
bool NvrState::is_connected_elsewhere() const {
  return shared_->settings.in_cluster && exists_ && nvr_->online && !shared_->presence.unconfirmed(nvr_->id);
}

void NvrState::enroll_new() {
  if (const auto similar = shared_->hostnames.similar_to(hostname_)) {
    shared_->log(Level::warn, "similar_hostname", "an NVR was enrolled as a new one; " + explain(hostname_, *similar),
                 {{"hostname", hostname_}, {"similar", *similar}});
  }
  begin_new();
}

void NvrState::on(const SessionClosed& message) {
  if (busy()) return stash(message);
  if (message.session != session_ || !handle_ || draining_) return;
  handle_.reset();
  const bool has_grace = message.cause == fleet::Cause::closed || message.cause == fleet::Cause::error ||
                         message.cause == fleet::Cause::timeout;
  const auto grace = std::max(shared_->settings.offline_grace, message.grace);
  if (has_grace && nvr_->online && grace.count() > 0) {
    grace_ = message.cause;
    wait_for_return(GracePeriod(grace, GracePeriod::Clock::now(), shared_->paused.load()));
  } else {
    draft_offline(message.cause);
  }
  end_turn();
}

void NvrState::wait_for_return(const GracePeriod& period) {
  self_->delayed_send(self_, period.length(), OfflineGraceExpired{session_, period});
}

void NvrState::on(const OfflineGraceExpired& message) {
  if (busy()) return stash(message);
  if (!grace_ || message.session != session_) return;
  if (const auto more = message.period.extension(GracePeriod::Clock::now(), shared_->paused.load()))
    return wait_for_return(*more);
  draft_offline(*std::exchange(grace_, std::nullopt));
  end_turn();
}

void NvrState::on(const RestartGraceExpired& message) {
  if (!busy()) ++received_;
  if (busy()) return stash(message);
  if (exists_ && nvr_->online && !handle_ && !grace_ && shared_->presence.unconfirmed(nvr_->id)) {
    draft_offline(fleet::Cause::server_restart);
  }
  end_turn();
}

void NvrState::draft_offline(fleet::Cause cause) {
  draft([this, cause, session = session_] { return !is_history(session) && go_offline(cause); });
}

/// False: it was not online, e.g. after a manual offline.
bool NvrState::go_offline(fleet::Cause cause) {
  if (!exists_ || !nvr_->online) return false;
  fleet::Event offline;
  offline.kind = fleet::Kind::nvr_offline;
  offline.at = shared_->now();
  fleet::Nvr& nvr = nvr_.unpack();
  pending_.nvr_offline(nvr, cause, offline.at);
  fleet::apply(nvr, offline);
  return true;
}

void NvrState::on(const Drain&) {
  ++received_;
  draining_ = true;
  invalidate_report();
  handle_.reset();
  grace_.reset();
  commit_at_once();
  end_turn();
}

} // namespace nvrhub::actors
