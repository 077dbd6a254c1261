#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include "net/server_context.hpp"
#include "net/transport/listener.hpp"

namespace nvrhub::net::test {

/// I/O threads, listener and actors as app/server.cpp wires them, on an empty store in memory. The wall clock stands
/// still at 2023-11-14T22:13:20Z. Unknown hostnames and cameras are enrolled.
class ActorServer {
public:
  explicit ActorServer(NetOptions options = {});
  /// Closes all sessions and waits for the actors.
  ~ActorServer();
  ActorServer(const ActorServer&) = delete;
  ActorServer& operator=(const ActorServer&) = delete;

  /// The last event in the store, as "3 nvr_offline timeout": seq, kind and cause.
  std::string last_event() const;
  /// Waits until the last event is `text`, for at most a minute.
  bool wait_for_event(const std::string& text) const;
  /// Waits until this counter's level is `level`, for at most a minute: a socket may end before it is counted out.
  bool wait_for_level(metrics::Counter metrics::NetCounters::*counter, std::uint64_t level) const;
  /// Connections that the server closed with this code.
  std::uint64_t closes(int code) const;

private:
  struct Config;

  std::shared_ptr<store::Store> store_;
  std::unique_ptr<IoPool> pool_;

public:
  std::unique_ptr<ServerContext> context;
  std::uint16_t port = 0;

private:
  std::unique_ptr<Listener> listener_;
  std::unique_ptr<Config> config_;
  std::unique_ptr<caf::actor_system> system_;
  actors::StoreActor store_actor_;
};

} // namespace nvrhub::net::test
