// What begin and end of a condition do to its alert.

#include "alerts/engine.hpp"
#include "alerts/flapping.hpp"
#include "alerts/hash.hpp"

namespace nvrhub::alerts {

void Engine::set_condition(const Key& key, bool holds, fleet::WallMillis begun, fleet::WallMillis at,
                           ObservedMillis hold_until) {
  const auto found = alerts_.find(key);
  if (!holds) {
    if (found == alerts_.end() || !found->second.is_active() || found->second.ended != 0) return;
    return end(found->second, at);
  }
  if (found == alerts_.end()) {
    if (alerts_.size() >= max_alerts_) {
      ++not_made_;
      return;
    }
    Alert fresh;
    fresh.subject = {key.nvr_id, key.name};
    fresh.rule = key.rule;
    fresh.hold_until = hold_until;
    Alert& alert = alerts_.emplace(key, std::move(fresh)).first->second;
    if (const auto nvr = nvrs_.find(key.nvr_id); nvr != nvrs_.end())
      nvr->second.site->second.with_alerts.insert(key.nvr_id);
    return begin(alert, begun, at);
  }

  Alert& alert = found->second;
  if (alert.is_active() && alert.ended == 0) {
    if (hold_until == never) return;
    unschedule(alert);
    alert.hold_until = hold_until;
    schedule(alert);
    emit(Change::rescheduled, alert, at);
    return;
  }
  unschedule(alert);
  alert.hold_until = hold_until;
  if (alert.returns < max_returns) ++alert.returns; // its record is kept for an hour after the end
  alert.is_active() ? relapse(alert, at) : begin(alert, begun, at);
}

/// REQUIRES: the alert is not scheduled.
void Engine::begin(Alert& alert, fleet::WallMillis begun, fleet::WallMillis at) {
  begun = std::min(begun, at);
  alert.id = Hash()
                 .add(rule_of(alert).name)
                 .add(alert.subject.nvr_id)
                 .add(alert.subject.name)
                 .add(position_.seq)
                 .add(static_cast<std::uint64_t>(begun))
                 .finish();
  alert.state = State::pending;
  alert.begun = begun;
  alert.begun_seq = position_.seq;
  alert.fired = alert.ended = alert.resolved = 0;
  alert.deadline = std::max(observed(begun) + rule_of(alert).hold_for, observed(at));
  alert.remind_at = never;
  alert.acknowledged = nullptr;
  alert.announced = 0;
  alert.unconfirmed_until = 0;
  if (const auto nvr = nvrs_.find(alert.subject.nvr_id); nvr != nvrs_.end() && nvr->second.unconfirmed_until > at) {
    alert.unconfirmed_until = nvr->second.unconfirmed_until;
    alert.deadline += alert.unconfirmed_until - at;
  }
  add_change(alert, observed(alert.returns == 0 ? begun : at));
  schedule(alert);
  emit(Change::pending, alert, at);
}

void Engine::relapse(Alert& alert, fleet::WallMillis at) {
  add_change(alert, observed(at));
  alert.ended = 0;
  alert.deadline = never;
  const fleet::WallMillis remind = rule_of(alert).remind;
  if (alert.remind_at <= observed(at)) // due while it was recovering
    alert.remind_at += ((observed(at) - alert.remind_at) / remind + 1) * remind;
  schedule(alert);
  emit(Change::relapsed, alert, at);
  reconsider(alert, at);
}

/// May erase the alert.
void Engine::end(Alert& alert, fleet::WallMillis at) {
  unschedule(alert);
  alert.hold_until = never;
  alert.ended = at;
  add_change(alert, observed(at));
  if (alert.state == State::firing) {
    alert.deadline = observed(at) + keep_of(rule_of(alert), alert);
    schedule(alert);
    emit(Change::recovering, alert, at);
    return;
  }
  alert.state = State::resolved;
  alert.deadline = observed(at) + return_time;
  const bool is_kept = alert.is_flapping();
  emit(Change::dropped, alert, at).erased = !is_kept;
  schedule(alert);
  ended_parents_.push_back(alert.subject);
  if (!is_kept) erase(alerts_.find(key_of(alert)));
}

/// Ends an alert whose subject or rule is gone. The caller reconsiders its children.
void Engine::retire(Alerts::iterator it, fleet::WallMillis at) {
  Alert& alert = it->second;
  unschedule(alert);
  Change change = Change::expired;
  if (alert.state != State::resolved) {
    change = alert.state == State::firing ? Change::resolved : Change::dropped;
    if (alert.ended == 0) alert.ended = at;
    alert.state = State::resolved;
    alert.resolved = at;
  }
  alert.deadline = alert.hold_until = alert.remind_at = never;
  Transition& transition = emit(change, alert, at);
  transition.erased = true;
  if (change == Change::resolved) {
    transition.announce = alert.announced & notified_[alert.rule];
    if (transition.announce != 0) transition.silence = Silence::none;
  }
  erase(it);
}

void Engine::erase(Alerts::iterator it) {
  unschedule(it->second);
  reasons_.erase(it->second.id);
  const fleet::NvrId id = it->first.nvr_id;
  alerts_.erase(it);
  if (id == 0) return;
  const auto first = first_of(id);
  if (first != alerts_.end() && first->first.nvr_id == id) return;
  if (const auto nvr = nvrs_.find(id); nvr != nvrs_.end()) nvr->second.site->second.with_alerts.erase(id);
}

} // namespace nvrhub::alerts
