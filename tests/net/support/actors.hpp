#pragma once

#include <atomic>

#include <caf/actor.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>

#include "net/support/countdown.hpp"

namespace nvrhub::net::test {

/// Answers with what it was sent.
inline caf::behavior echo(caf::event_based_actor*) {
  return {[](int n) { return n; }};
}

/// Sent n, it exchanges n messages with `peer`, counts down and ends both actors.
inline caf::behavior player(caf::event_based_actor* self, caf::actor peer, Countdown* done) {
  return {[=](int n) {
    if (n > 0) return self->send(peer, n - 1);
    self->send_exit(peer, caf::exit_reason::user_shutdown);
    done->hit();
    self->quit();
  }};
}

/// Starts a game of `rounds` and leaves it running.
inline void play(caf::actor_system& system, int rounds, Countdown& done) {
  caf::anon_send(system.spawn(player, system.spawn(echo), &done), rounds);
}

/// Sends to itself for as long as it may.
inline caf::behavior noisy(caf::event_based_actor* self, const std::atomic<bool>* enough) {
  return {[=](int n) {
    if (*enough) return self->quit();
    self->send(self, n);
  }};
}

} // namespace nvrhub::net::test
