#pragma once

#include <catch2/catch.hpp>

#include "actors/support/world.hpp"

namespace nvrhub::actors::test {

/// Runs a scenario once per step: up to that step, then `inject` sends something, then all messages are handled. This
/// covers every order of the injected messages and the scenario's. `check` gets what `inject` returned.
template <class Scenario, class Inject, class Check>
void at_every_step(Scenario scenario, Inject inject, Check check) {
  constexpr int max_steps = 100; // far more than any scenario takes
  bool over = false;
  for (int step = 0; !over; ++step) {
    REQUIRE(step < max_steps);
    INFO("after " << step << " messages");
    World world;
    scenario(world);
    for (int i = 0; i < step && !over; ++i)
      over = !world.step();
    auto injected = inject(world);
    world.run();
    check(world, injected);
    CHECK(world.is_clean());
  }
}

} // namespace nvrhub::actors::test
