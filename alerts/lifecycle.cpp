// What time does to an alert: it fires, reminds, resolves and expires.

#include "alerts/engine.hpp"
#include "alerts/flapping.hpp"

namespace nvrhub::alerts {

ObservedMillis Engine::due_of(const Alert& alert) const {
  switch (alert.state) {
  case State::pending:
    return std::min(alert.deadline, alert.hold_until);
  case State::firing:
    return alert.ended == 0 ? std::min(alert.hold_until, alert.remind_at) : alert.deadline;
  case State::resolved:
    return alert.deadline;
  }
  return never;
}

void Engine::schedule(Alert& alert) {
  const ObservedMillis due = due_of(alert);
  if (due != never) timers_.insert({due, rule_of(alert).level, alert.id, &alert});
}

/// REQUIRES: nothing that due_of() reads has changed since schedule().
void Engine::unschedule(const Alert& alert) {
  const ObservedMillis due = due_of(alert);
  if (due != never) timers_.erase({due, rule_of(alert).level, alert.id, const_cast<Alert*>(&alert)});
}

void Engine::shift(Alert& alert, fleet::WallMillis by) {
  unschedule(alert);
  for (ObservedMillis* time : {&alert.deadline, &alert.hold_until, &alert.remind_at}) {
    if (*time != never) *time += by;
  }
  schedule(alert);
}

/// Begin and end of maintenance come before the deadlines of the same instant: a window does not contain its end.
/// Timers of the instant `until` run only if `inclusive`.
void Engine::run_timers(fleet::WallMillis until, bool inclusive) {
  while (true) {
    const fleet::WallMillis timer = timers_.empty() ? never : wall(timers_.begin()->due);
    const fleet::WallMillis change = maintenance_change_.value_or(never);
    const bool is_due = timer < until || (inclusive && timer == until);
    if (change <= until && change <= timer) {
      position_.now = std::max(position_.now, change);
      if (update_windows(change)) reconsider_all(change);
    } else if (!is_due) {
      return;
    } else {
      position_.now = std::max(position_.now, timer);
      const Timer next = *timers_.begin();
      run(*next.alert, next.due);
      // Several parents may end at one instant: what they inhibited is announced once, on all channels.
      if (timers_.empty() || timers_.begin()->due != next.due || timers_.begin()->level != next.level)
        reconsider_children(timer);
    }
  }
}

void Engine::run(Alert& alert, ObservedMillis due) {
  const fleet::WallMillis at = wall(due);
  if (alert.state == State::resolved) {
    expire(alert, at);
  } else if (alert.state == State::pending && alert.deadline <= due) {
    fire(alert, at);
  } else if (alert.state == State::firing && alert.ended != 0) {
    resolve(alert, at);
  } else if (alert.hold_until <= due) {
    end(alert, at);
  } else {
    remind(alert, at);
  }
}

void Engine::fire(Alert& alert, fleet::WallMillis at) {
  unschedule(alert);
  alert.state = State::firing;
  alert.fired = at;
  alert.deadline = never;
  const Decision decision = decide(alert);
  announce(alert, decision, at);
  schedule(alert);
  Transition& transition = emit(Change::fired, alert, at);
  transition.announce = decision.announce;
  transition.silence = decision.silence;
}

void Engine::remind(Alert& alert, fleet::WallMillis at) {
  unschedule(alert);
  alert.remind_at += rule_of(alert).remind;
  schedule(alert);
  Decision decision;
  find_inhibitors(alert, notified_[alert.rule], decision);
  const bool silent = !maintenance_of(alert).empty();
  const ChannelMask receivers = silent ? 0 : alert.announced & decision.announce;
  Transition& transition = emit(receivers != 0 ? Change::reminded : Change::rescheduled, alert, at);
  transition.announce = receivers;
  if (receivers != 0) transition.silence = Silence::none;
}

void Engine::resolve(Alert& alert, fleet::WallMillis at) {
  unschedule(alert);
  alert.state = State::resolved;
  alert.resolved = at;
  alert.remind_at = never;
  // An hour after the end. The deadline has the time in which its NVR was unconfirmed, unlike the changes.
  alert.deadline = std::max(alert.deadline - keep_of(rule_of(alert), alert) + return_time, observed(at));
  schedule(alert);
  Transition& transition = emit(Change::resolved, alert, at);
  transition.announce = alert.announced & notified_[alert.rule]; // also in maintenance: the failure was announced
  if (transition.announce != 0) transition.silence = Silence::none;
  ended_parents_.push_back(alert.subject);
}

void Engine::expire(Alert& alert, fleet::WallMillis at) {
  emit(Change::expired, alert, at).erased = true;
  erase(alerts_.find(key_of(alert)));
}

} // namespace nvrhub::alerts
