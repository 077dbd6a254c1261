#include "alerts/alert.hpp"

#include <tuple>

namespace nvrhub::alerts {

bool operator==(const Alert& a, const Alert& b) {
  const auto values = [](const Alert& x) {
    return std::tie(x.id, x.subject, x.begun_seq, x.begun, x.fired, x.ended, x.resolved, x.deadline, x.hold_until,
                    x.remind_at, x.changes, x.announced, x.rule, x.returns, x.state, x.changes_truncated,
                    x.unconfirmed_until);
  };
  const bool same_acknowledgement =
      a.acknowledged && b.acknowledged ? *a.acknowledged == *b.acknowledged : a.acknowledged == b.acknowledged;
  return values(a) == values(b) && same_acknowledgement;
}

bool is_logged(Change change) {
  switch (change) {
  case Change::fired:
  case Change::announced:
  case Change::reminded:
  case Change::acknowledged:
  case Change::resolved:
    return true;
  case Change::pending:
  case Change::dropped:
  case Change::recovering:
  case Change::relapsed:
  case Change::rescheduled:
  case Change::expired:
    return false;
  }
  return false;
}

std::string_view to_string(State state) {
  switch (state) {
  case State::pending:
    return "pending";
  case State::firing:
    return "firing";
  case State::resolved:
    return "resolved";
  }
  return "?";
}

std::string_view to_string(Change change) {
  switch (change) {
  case Change::pending:
    return "pending";
  case Change::dropped:
    return "dropped";
  case Change::fired:
    return "fired";
  case Change::announced:
    return "announced";
  case Change::reminded:
    return "reminded";
  case Change::acknowledged:
    return "acknowledged";
  case Change::recovering:
    return "recovering";
  case Change::relapsed:
    return "relapsed";
  case Change::resolved:
    return "resolved";
  case Change::rescheduled:
    return "rescheduled";
  case Change::expired:
    return "expired";
  }
  return "?";
}

std::string_view to_string(Silence silence) {
  switch (silence) {
  case Silence::none:
    return "none";
  case Silence::quiet:
    return "quiet";
  case Silence::no_channel:
    return "no_channel";
  case Silence::inhibited:
    return "inhibited";
  case Silence::maintenance:
    return "maintenance";
  }
  return "?";
}

} // namespace nvrhub::alerts
