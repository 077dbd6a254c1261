// An NVR's sessions: auth, heartbeat, takeover, close, grace, restart. protocol.md, "NVR socket".
#include "actors/nvr_state.hpp"

#include <utility>

#include <caf/actor_system.hpp>
#include <caf/send.hpp>

#include "fleet/reconcile.hpp"
#include "fleet/replay.hpp"
#include "protocol/encode.hpp"

namespace nvrhub::actors {

namespace {

constexpr std::size_t max_pending_events = 64; // while a commit is held up; more online periods than that must wait
constexpr auto fight_window = std::chrono::minutes(1);

void refuse(SessionOutlet& outlet, protocol::ErrorCode error, std::string_view message,
            const std::optional<protocol::Id>& id, std::optional<int> retry_after_s, protocol::CloseCode close) {
  outlet.send(protocol::encode_error(error, message, id, retry_after_s));
  outlet.close(close);
}

} // namespace

void NvrState::init(Self self, std::string hostname, SharedPtr shared, StoreActor store, RegistryActor registry) {
  self_ = self;
  hostname_ = std::move(hostname);
  shared_ = std::move(shared);
  store_ = std::move(store);
  registry_ = std::move(registry);
  shared_->counters.mine().nvr_actors.add();
  reload();
}

NvrState::~NvrState() {
  if (shared_) shared_->counters.mine().nvr_actors.subtract();
}

void NvrState::on(const Attach& message) {
  if (!busy()) ++received_;
  if (busy()) return stash(message);
  using protocol::CloseCode;
  using protocol::ErrorCode;
  SessionOutlet& outlet = *message.outlet;
  Counters& counters = shared_->counters.mine();
  if (draining_) {
    counters.auths_shutting_down.add();
    refuse(outlet, ErrorCode::shutting_down, "the server is shutting down", message.id, 1, CloseCode::going_away);
  } else if (!exists_ && !shared_->settings.enroll_auto) {
    counters.auths_unknown_hostname.add();
    shared_->log(Level::warn, "unknown_hostname", "an NVR was refused: nobody registered it",
                 {{"hostname", hostname_}});
    refuse(outlet, ErrorCode::unknown_hostname,
           "no NVR is registered as \"" + hostname_ + "\": register it, or serve with --enroll auto", message.id,
           std::nullopt, CloseCode::unknown_hostname);
  } else if (pending_.size() >= max_pending_events) {
    counters.auths_rate_limited.add();
    refuse(outlet, ErrorCode::rate_limited, "earlier changes of this NVR are still being written", message.id, 5,
           CloseCode::too_slow);
  } else if (outlet_ && slow_down(message)) {
    counters.auths_rate_limited.add();
  } else {
    if (outlet_) {
      counters.takeovers.add();
      outlet_->forget();
      outlet_->close(CloseCode::replaced);
    }
    counters.auths_accepted.add();
    outlet_ = message.outlet;
    session_ = message.session;
    grace_.reset();
    is_settled_ = false;
    outlet_->attached({self_, session_});

    std::vector<fleet::SkippedEntry> skipped;
    const std::uint32_t updated = take_report(message.report, true, skipped);
    when_durable([this, message, updated, skipped = std::move(skipped)](const store::Result<fleet::Seq>& head) {
      if (!head) {
        return refuse(*message.outlet, ErrorCode::rate_limited, head.error().message, message.id, 30,
                      CloseCode::too_slow);
      }
      message.outlet->send(
          protocol::encode(protocol::AuthOk{hostname_, nvr_->id, message.session, updated, skipped, message.id}));
    });
  }
  settle();
}

/// Two boxes with one hostname take it from each other without end: the newcomer is told to wait.
bool NvrState::slow_down(const Attach& message) {
  const unsigned limit = shared_->settings.takeovers_per_minute;
  const Clock::time_point now = self_->home_system().clock().now();
  std::erase_if(takeovers_, [now](Clock::time_point at) { return now - at >= fight_window; });
  if (limit == 0 || takeovers_.size() < limit) {
    if (limit != 0) takeovers_.push_back(now);
    return false;
  }
  const auto wait = std::chrono::ceil<std::chrono::seconds>(fight_window - (now - takeovers_.front()));
  refuse(*message.outlet, protocol::ErrorCode::rate_limited,
         "another socket holds \"" + hostname_ + "\", and the two replaced each other " +
             std::to_string(takeovers_.size()) + " times within a minute: is the hostname used twice?",
         message.id, static_cast<int>(wait.count()), protocol::CloseCode::too_slow);
  if (!conflict_shown_ || now - *conflict_shown_ >= fight_window) {
    conflict_shown_ = now;
    shared_->log(Level::warn, "conflict",
                 "sockets take one hostname from each other: is it used twice? The newer one is told to wait",
                 {{"hostname", hostname_}, {"takeovers_a_minute", takeovers_.size()}});
    pending_.conflict(nvr_.head(), "more than " + std::to_string(limit) + " takeovers in a minute", shared_->now());
  }
  return true;
}

void NvrState::on(const Report& message) {
  if (busy()) return stash(message);
  if (message.session != session_ || !outlet_) { // replaced: what it says no longer counts
    shared_->counters.mine().reports_replaced.add();
    return;
  }
  std::vector<fleet::SkippedEntry> skipped;
  std::uint32_t updated = 0;
  if (is_settled_ && !message.repeated.empty()) {
    shared_->counters.mine().reports_unchanged.add();
  } else {
    updated = take_report(report_of(message), false, skipped);
  }
  if (message.id) {
    when_durable([outlet = outlet_, id = message.id, updated,
                  skipped = std::move(skipped)](const store::Result<fleet::Seq>& head) {
      outlet->send(head ? protocol::encode(protocol::Ack{*id, *head, updated, skipped})
                        : protocol::encode_error(protocol::ErrorCode::rate_limited, head.error().message, id, 30));
    });
  }
  outlet_->report_taken(is_settled_ ? nvr_->id : 0);
  settle();
}

std::uint32_t NvrState::take_report(const protocol::ReportPtr& report, bool is_auth,
                                    std::vector<fleet::SkippedEntry>& skipped) {
  const fleet::WallMillis at = shared_->now();
  const bool created = !exists_;
  if (created) begin_new();
  fleet::Nvr& nvr = nvr_.open();
  const bool was_online = std::exchange(nvr.online, true);

  fleet::Reconciled result;
  Counters& counters = shared_->counters.mine();
  if (report) {
    skipped = report->skipped;
    result =
        fleet::reconcile(nvr, *report, at, {shared_->settings.enroll_auto, shared_->settings.max_cameras, !was_online});
    skipped.insert(skipped.end(), std::make_move_iterator(result.skipped.begin()),
                   std::make_move_iterator(result.skipped.end()));
    (result.changed.empty() ? counters.reports_unchanged : counters.reports_changed).add();
    is_settled_ = result.unknown == 0 && skipped.empty();
    if (result.unknown > 0) counters.unknown_cameras.add(result.unknown);
    if (!skipped.empty()) counters.skipped_entries.add(skipped.size());
  } else {
    if (is_auth) result.changed = fleet::assume_online(nvr, at);
    counters.reports_bare.add();
  }
  if (!result.changed.empty()) counters.camera_changes.add(result.changed.size());

  if (created || result.identity_changed) { // told first, as it was before the statuses changed
    fleet::Nvr before = nvr;
    before.online = was_online;
    fleet::undo(before, result.changed);
    pending_.registered(before, at);
  }
  if (!was_online || (is_auth && !result.changed.empty())) {
    pending_.nvr_online(nvr, result.changed, at);
  } else {
    pending_.cameras(nvr, result.changed, at);
  }
  seen(at);
  return static_cast<std::uint32_t>(result.changed.size());
}

/// The session took it for a repeat before it could know of what came between.
protocol::ReportPtr NvrState::report_of(const Report& message) {
  if (message.repeated.empty()) return message.report;
  const auto decoded = protocol::decode_nvr_message(message.repeated);
  const auto* heartbeat = decoded ? std::get_if<protocol::Heartbeat>(&decoded->body) : nullptr;
  return heartbeat != nullptr ? heartbeat->report : nullptr;
}

void NvrState::forget_report() {
  is_settled_ = false;
  if (outlet_) outlet_->forget();
}

void NvrState::seen(fleet::WallMillis at) {
  seen_ = at;
  if (nvr_->id == 0) return; // its number comes with the commit
  shared_->presence.touch(nvr_->id, at);
  shared_->presence.set_unconfirmed(nvr_->id, false);
}

void NvrState::on(const Closed& message) {
  if (busy()) return stash(message);
  if (message.session != session_ || !outlet_ || draining_) return;
  outlet_.reset();
  const bool has_grace = message.cause == fleet::Cause::closed || message.cause == fleet::Cause::error ||
                         message.cause == fleet::Cause::timeout;
  if (has_grace && nvr_->online && shared_->settings.offline_grace.count() > 0) {
    grace_ = message.cause;
    self_->delayed_send(self_, shared_->settings.offline_grace, GraceOver{session_});
  } else {
    go_offline(message.cause);
  }
  settle();
}

void NvrState::on(const GraceOver& message) {
  if (busy()) return stash(message);
  if (!grace_ || message.session != session_) return;
  go_offline(*std::exchange(grace_, std::nullopt));
  settle();
}

void NvrState::on(const Expire& message) {
  if (!busy()) ++received_;
  if (busy()) return stash(message);
  if (exists_ && nvr_->online && !outlet_ && !grace_ && shared_->presence.unconfirmed(nvr_->id)) {
    go_offline(fleet::Cause::server_restart);
  }
  settle();
}

void NvrState::go_offline(fleet::Cause cause) {
  if (!exists_ || !nvr_->online) return; // set offline by hand before
  fleet::Event offline;
  offline.kind = fleet::Kind::nvr_offline;
  offline.at = shared_->now();
  fleet::Nvr& nvr = nvr_.open();
  pending_.nvr_offline(nvr, cause, offline.at);
  fleet::apply(nvr, offline);
}

void NvrState::on(const Drain&) {
  ++received_;
  draining_ = true;
  forget_report();
  outlet_.reset();
  grace_.reset();
  settle();
}

} // namespace nvrhub::actors
