#pragma once

#include "actors/support/world.hpp"

namespace nvrhub::actors::test {

/// A World with NVR A online, cameras c1 and c2 online, its auth durable and answered.
struct Online {
  World world;
  SocketPtr socket;

  explicit Online(Setup setup = {}) : world(std::move(setup)) {
    world.register_nvr("A", {"c1", "c2"});
    socket = world.auth("A", report({{"c1", "online"}, {"c2", "online"}}));
    world.run();
    world.new_events();
    world.publisher->legacy.clear();
    socket->texts.clear();
    world.faults().commits = 0;
  }
};

} // namespace nvrhub::actors::test
