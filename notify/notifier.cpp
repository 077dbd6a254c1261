#include "notify/notifier.hpp"

#include <algorithm>
#include <utility>

namespace nvrhub::notify {

Notifier::Notifier(std::vector<Channel> channels, Hooks hooks, std::uint64_t seed)
    : hooks_(std::move(hooks)), self_(std::make_shared<Notifier*>(this)) {
  for (Channel& channel : channels) {
    std::string name = channel.name;
    auto state = std::make_unique<State>(State{std::move(channel), Outbox(seed++), {}});
    states_.emplace(std::move(name), std::move(state));
  }
}

bool Notifier::add(const std::string& channel, std::string id, fleet::WallMillis at) {
  const auto found = states_.find(channel);
  if (found == states_.end()) return false;
  found->second->outbox.add(std::move(id), at);
  return true;
}

void Notifier::resend(const std::string& channel, const AlertView& alert) {
  const auto found = states_.find(channel);
  if (found == states_.end() || !std::holds_alternative<Alertmanager>(found->second->channel.settings)) return;
  found->second->resend.update(alert, hooks_.now());
}

void Notifier::advance(fleet::WallMillis now) {
  for (const auto& [name, state] : states_) {
    while (const auto id = state->outbox.next(now))
      send_message(*state, *id, now);
    report(*state);
    const auto due = state->resend.take_due(now);
    if (due.empty()) continue;
    // What fails here is sent again in a minute.
    send_all(requests_for(state->channel, std::get<Alertmanager>(state->channel.settings), due, now), nullptr);
  }
}

std::optional<fleet::WallMillis> Notifier::next_deadline() const {
  std::optional<fleet::WallMillis> next;
  for (const auto& [name, state] : states_) {
    for (const auto& deadline : {state->outbox.next_deadline(), state->resend.next_deadline()}) {
      if (deadline && (!next || *deadline < *next)) next = deadline;
    }
  }
  return next;
}

void Notifier::send_message(State& state, const std::string& id, fleet::WallMillis now) {
  const auto view = hooks_.load(state.channel.name, id);
  if (!view || view->alerts.empty()) return state.outbox.discard("it is not known any longer");
  const std::string name = state.channel.name;
  if (std::holds_alternative<Alertmanager>(state.channel.settings)) {
    for (const AlertView& alert : view->alerts)
      state.resend.update(alert, now);
  }
  send_all(requests_for(state.channel, *view, now), [this, name](const Outcome& outcome) {
    State& known = *states_.at(name);
    known.outbox.complete(outcome, hooks_.now());
    report(known);
  });
}

void Notifier::send_all(std::vector<Request> requests, std::function<void(Outcome)> done) {
  const auto flight = std::make_shared<Flight>();
  flight->open = requests.size();
  for (Request& request : requests) {
    // On the client's thread: only hands over.
    const auto answered = [post = hooks_.post, weak = std::weak_ptr(self_), flight, done](Outcome outcome) {
      post([weak, flight, done, outcome = std::move(outcome)] {
        if (weak.expired() || !done) return;
        flight->outcomes.push_back(outcome);
        if (--flight->open == 0) done(combined(flight->outcomes));
      });
    };
    hooks_.send(std::move(request), answered);
  }
}

void Notifier::report(State& state) {
  for (const Outbox::Report& report : state.outbox.take_reports())
    hooks_.report(state.channel.name, report);
}

} // namespace nvrhub::notify
