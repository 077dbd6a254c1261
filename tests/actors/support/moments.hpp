#pragma once

#include <catch2/catch.hpp>

#include "actors/support/world.hpp"

namespace nvrhub::actors::test {

/// Runs a story up to each of its moments in turn, lets `meddle` send something right then, and runs to the end: every
/// order in which what `meddle` sends can meet the story's messages. `check` gets what `meddle` returned.
template <class Story, class Meddle, class Check>
void at_every_moment(Story story, Meddle meddle, Check check) {
  constexpr int most_moments = 100; // far more than any story takes
  bool over = false;
  for (int moment = 0; !over; ++moment) {
    REQUIRE(moment < most_moments);
    INFO("after " << moment << " messages");
    World world;
    story(world);
    for (int i = 0; i < moment && !over; ++i)
      over = !world.step();
    auto sent = meddle(world);
    world.run();
    check(world, sent);
    CHECK(world.is_clean());
  }
}

} // namespace nvrhub::actors::test
