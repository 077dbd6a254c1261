#include "actors/registry.hpp"

#include <algorithm>
#include <utility>

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>
#include <caf/system_messages.hpp>

#include "actors/nvr/nvr_actor.hpp"
#include "protocol/encode/encode.hpp"

namespace nvrhub::actors {

void RegistryState::init(Self self, SharedPtr shared, StoreActor store, SessionsReserved sessions,
                         std::vector<std::string> unconfirmed) {
  self_ = self;
  shared_ = std::move(shared);
  store_ = std::move(store);
  unconfirmed_ = std::move(unconfirmed);
  next_ = sessions.first;
  end_ = sessions.first + sessions.count;
  if (shared_->settings.in_cluster) self_->send(store_, FollowNvrs{});
  if (!unconfirmed_.empty()) {
    wait_for_unconfirmed(
        GracePeriod(shared_->settings.restart_grace, GracePeriod::Clock::now(), shared_->paused.load()));
  }
  // After a crash of an NVR actor its hostname must remain usable.
  self_->set_down_handler([this](const caf::down_msg& down) {
    const auto died = [&down](const auto& entry) { return entry.second.actor.address() == down.source; };
    std::erase_if(nvrs_, died);
    const auto renaming = std::find_if(renaming_.begin(), renaming_.end(), died);
    if (renaming != renaming_.end()) end_rename(std::string(renaming->first));
    quit_if_drained();
  });
}

RegistryState::Entry& RegistryState::entry_of(const std::string& hostname) {
  Entry& entry = nvrs_[hostname];
  if (!entry.actor) {
    entry.actor = self_->spawn<caf::monitored>(nvr, hostname, shared_, store_, RegistryActor{self_});
  }
  return entry;
}

template <class Message>
void RegistryState::forward(const std::string& hostname, Message message) {
  Entry& entry = entry_of(hostname);
  ++entry.sent;
  self_->send(entry.actor, std::move(message));
}

fleet::SessionNumber RegistryState::next_session() {
  if (!reserving_ && end_ - next_ < session_block / 2) {
    reserving_ = true;
    self_->send(store_, ReserveSessions{session_block});
  }
  return next_ < end_ ? next_++ : 0;
}

void RegistryState::on(const SessionsReserved& message) {
  reserving_ = false;
  if (message.count == 0) return; // the next auth requests again
  next_ = message.first;
  end_ = message.first + message.count;
}

void RegistryState::on(const Authenticate& message) {
  if (draining_) {
    shared_->counters.local().auths_shutting_down.add();
    message.handle->send(
        protocol::encode_error(protocol::ErrorCode::shutting_down, "the server is shutting down", message.id, 1));
    message.handle->close(protocol::CloseCode::going_away);
    return;
  }
  if (stash_during_rename(message.hostname, message)) return;
  const fleet::SessionNumber session = shared_->settings.in_cluster ? 0 : next_session();
  if (session == 0 && !shared_->settings.in_cluster) { // half a million auths during one commit
    shared_->counters.local().auths_rate_limited.add();
    message.handle->send(protocol::encode_error(protocol::ErrorCode::rate_limited,
                                                "no session number is available until the store has reserved more",
                                                message.id, 5));
    message.handle->close(protocol::CloseCode::too_slow);
    return;
  }
  forward(message.hostname, StartSession{session, message.handle, message.report, message.id});
}

void RegistryState::on(const Operate& message) {
  if (draining_) {
    (*message.operation.reply)(tl::make_unexpected(OperationError::unavailable));
    return;
  }
  if (stash_during_rename(message.hostname, message)) return;
  if (const auto* rename = std::get_if<Rename>(message.operation.change.get())) {
    if (renaming_.contains(rename->hostname)) {
      return (*message.operation.reply)(tl::make_unexpected(OperationError::unavailable));
    }
    if (!nvrs_.contains(rename->hostname)) renaming_[rename->hostname].actor = entry_of(message.hostname).actor;
  }
  forward(message.hostname, message.operation);
}

template <class Message>
bool RegistryState::stash_during_rename(const std::string& hostname, const Message& message) {
  const auto at = renaming_.find(hostname);
  if (at == renaming_.end()) return false;
  at->second.stash.emplace_back(message);
  return true;
}

void RegistryState::end_rename(const std::string& to) {
  auto ended = renaming_.extract(to);
  if (ended.empty()) return;
  for (const auto& message : ended.mapped().stash)
    std::visit([this](const auto& stashed) { on(stashed); }, message);
}

void RegistryState::on(const Passivate& message) {
  const auto at = nvrs_.find(message.hostname);
  if (at == nvrs_.end() || at->second.actor != message.actor) {
    // A rename gave the hostname to another actor: this one receives no further messages.
    self_->send(message.actor, PassivateGranted{});
    return;
  }
  if (at->second.sent != message.received) return; // messages are on their way to it: it will ask again
  self_->send(message.actor, PassivateGranted{});
  self_->demonitor(message.actor.address());
  nvrs_.erase(at);
  quit_if_drained();
}

void RegistryState::on(const Renamed& message) {
  const auto at = nvrs_.find(message.from);
  if (message.done && at != nvrs_.end() && at->second.actor == message.actor) {
    Entry entry = std::move(at->second);
    nvrs_.erase(at);
    nvrs_[message.to] = std::move(entry);
    for (std::string& hostname : unconfirmed_) {
      if (hostname == message.from) hostname = message.to;
    }
  }
  end_rename(message.to);
}

void RegistryState::wait_for_unconfirmed(const GracePeriod& period) {
  self_->delayed_send(self_, period.length(), RestartGraceTimer{period});
}

void RegistryState::on(const RestartGraceTimer& message) {
  if (draining_) return;
  if (const auto more = message.period.extension(GracePeriod::Clock::now(), shared_->paused.load()))
    return wait_for_unconfirmed(*more);
  for (const std::string& hostname : std::exchange(unconfirmed_, {}))
    forward(hostname, RestartGraceExpired{});
}

void RegistryState::on(const ChangedElsewhere& message) {
  const auto at = nvrs_.find(message.hostname);
  if (at == nvrs_.end()) return;
  ++at->second.sent;
  self_->send(at->second.actor, message);
}

void RegistryState::on(const Drain&) {
  draining_ = true;
  for (auto& [hostname, entry] : nvrs_) {
    ++entry.sent;
    self_->send(entry.actor, Drain{});
  }
  quit_if_drained();
}

void RegistryState::quit_if_drained() {
  if (draining_ && nvrs_.empty()) self_->quit();
}

RegistryActor::behavior_type registry(RegistryState::Self self, SharedPtr shared, StoreActor store,
                                      SessionsReserved sessions, std::vector<std::string> unconfirmed) {
  self->state.init(self, std::move(shared), std::move(store), sessions, std::move(unconfirmed));
  return {
      [=](const Authenticate& message) { self->state.on(message); },
      [=](const Operate& message) { self->state.on(message); },
      [=](const Passivate& message) { self->state.on(message); },
      [=](const Renamed& message) { self->state.on(message); },
      [=](const RestartGraceTimer& message) { self->state.on(message); },
      [=](const SessionsReserved& message) { self->state.on(message); },
      [=](const ChangedElsewhere& message) { self->state.on(message); },
      [=](const Drain& message) { self->state.on(message); },
  };
}

} // namespace nvrhub::actors
