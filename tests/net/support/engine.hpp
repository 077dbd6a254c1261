#pragma once

#include <memory>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include "net/reactor/io_pool.hpp"

namespace nvrhub::net::test {

/// I/O threads and the actor system that runs on them, wired and torn down as app/server.cpp does it.
class Engine {
public:
  explicit Engine(std::size_t threads) : pool(threads) {
    pool.start();
    config_ = std::make_unique<Config>(pool);
    system_ = std::make_unique<caf::actor_system>(*config_);
  }
  /// Waits for the last actor.
  ~Engine() {
    system_.reset();
    pool.stop();
  }

  caf::actor_system& system() { return *system_; }

  IoPool pool;

private:
  struct Config : caf::actor_system_config {
    explicit Config(IoPool& threads) {
      set("scheduler.max-threads", threads.size());
      module_factories.emplace_back([&threads](caf::actor_system& system) -> caf::actor_system::module* {
        return new AsioCoordinator(system, threads.run_queues());
      });
    }
  };

  std::unique_ptr<Config> config_;
  std::unique_ptr<caf::actor_system> system_;
};

} // namespace nvrhub::net::test
