// Sessions in a cluster: they are claimed in its log, and other servers change the NVR or take it over.
#include <algorithm>
#include <utility>

#include <caf/actor_system.hpp>

#include "actors/nvr/state.hpp"
#include "protocol/encode/encode.hpp"

namespace nvrhub::actors {

void NvrState::claim_session(const StartSession& message) {
  claim_ = std::make_unique<StartSession>(message);
  send_urgent(ClaimSession{hostname_});
}

/// While etcd is away an NVR tries again and again: only its last socket waits.
void NvrState::replace_claim(const StartSession& message) {
  ++received_;
  claim_->handle->close(protocol::CloseCode::replaced);
  *claim_ = message;
}

/// The claim has advanced the NVR's version. If that is all that has changed since the NVR was loaded, it is current.
/// A write that is in flight was drafted before the claim: it is drafted again, with what the session reports.
void NvrState::on(const SessionClaimed& message) {
  const store::Result<store::Claimed>& claimed = *message.result;
  if (!claim_) return;
  if (!claimed) {
    refuse_claim(claimed.error());
  } else {
    claim_->session = claimed->session;
    if (claimed->former != session_) elsewhere_ = std::max(elsewhere_, claimed->former);
    if (loaded_ && !in_flight_ && nvr_->version != claimed->version) {
      if (nvr_->version + 1 != claimed->version || nvr_->id != claimed->nvr_id) return reload();
      nvr_.head().version = claimed->version;
    }
    end_claim();
  }
  unstash();
  end_turn();
}

/// Begins the session whose number is known, on the current state.
void NvrState::end_claim() {
  if (!claim_ || claim_->session == 0 || !loaded_) return;
  const StartSession message = std::move(*std::exchange(claim_, nullptr));
  if (draining_) {
    shared_->counters.local().auths_shutting_down.add();
    message.handle->close(protocol::CloseCode::going_away);
  } else if (!exists_ && !shared_->settings.enroll_auto) { // removed meanwhile
    shared_->counters.local().auths_unknown_hostname.add();
    refuse_unknown_hostname(message);
  } else {
    begin_session(message);
  }
}

void NvrState::refuse_claim(const store::Error& error) {
  if (!claim_) return;
  const StartSession message = std::move(*std::exchange(claim_, nullptr));
  shared_->counters.local().auths_rate_limited.add();
  message.handle->send(protocol::encode_error(protocol::ErrorCode::rate_limited, error.message, message.id,
                                              retry_after_s(error.code, true)));
  message.handle->close(protocol::CloseCode::going_away);
}

void NvrState::lose_session() {
  invalidate_report();
  if (handle_) {
    shared_->counters.local().takeovers.add();
    shared_->takeovers.add(hostname_, self_->home_system().clock().now());
    std::exchange(handle_, nullptr)->close(protocol::CloseCode::replaced);
  }
  grace_.reset();
  session_ = 0;
}

void NvrState::on(const ChangedElsewhere& message) {
  ++received_;
  elsewhere_ = std::max(elsewhere_, message.session);
  if (message.session > session_) lose_session();
  // A load that is not answered yet, and the repetition of a write that is in flight and outdated, read the new state.
  if (!loaded_ || in_flight_ || nvr_->version == message.version) return end_turn();
  invalidate_report();
  reload();
}

} // namespace nvrhub::actors
