// A message to an actor and its answer, on the server's scheduler.
#include <benchmark/benchmark.h>

#include <caf/scoped_actor.hpp>

#include "net/support/actors.hpp"
#include "net/support/engine.hpp"

namespace bench {

using namespace nvrhub::net::test;

namespace {

/// Both on one I/O thread, as a session and its NVR are.
void hop_same_thread(benchmark::State& state) {
  constexpr int rounds = 10'000; // many, so that starting the two actors does not count
  Engine engine(1);
  for (auto _ : state) {
    Countdown done(1);
    play(engine.system(), rounds, done);
    if (!done.wait()) return state.SkipWithError("no answer");
  }
  state.counters["round_trip"] =
      benchmark::Counter(rounds, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}
BENCHMARK(hop_same_thread)->Name("hop/same_thread")->UseRealTime()->Unit(benchmark::kMillisecond);

/// As from the store's thread: the sleeping I/O thread is woken.
void hop_other_thread(benchmark::State& state) {
  Engine engine(1);
  caf::scoped_actor self{engine.system()};
  const auto actor = self->spawn(echo);
  bool answered = true;
  for (auto _ : state)
    self->request(actor, caf::infinite, 1).receive([](int) {}, [&](const caf::error&) { answered = false; });
  if (!answered) state.SkipWithError("no answer");
  self->send_exit(actor, caf::exit_reason::user_shutdown);
}
BENCHMARK(hop_other_thread)->Name("hop/other_thread")->UseRealTime();

} // namespace

} // namespace bench
