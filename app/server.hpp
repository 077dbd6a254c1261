#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <tl/expected.hpp>

#include "actors/alerts/alert_actor.hpp"
#include "actors/messages.hpp"
#include "actors/store/store_actor.hpp"
#include "api/context.hpp"
#include "cluster/node.hpp"
#include "cluster/peer_client.hpp"
#include "net/options.hpp"

namespace nvrhub::app {

struct ServerOptions {
  std::filesystem::path data;
  std::string address = "127.0.0.1";
  std::uint16_t port = 8080;    // 0: chosen by the system
  unsigned threads = 0;         // I/O threads; 0: one per core
  bool allow_anonymous = false; // listen beyond loopback although no token exists
  actors::Settings settings;
  actors::StoreOptions store;
  actors::AlertOptions alerts;             // without `send`
  std::optional<cluster::Options> cluster; // without version and grace; nullopt: a single server
  cluster::PeerOptions peers;              // of the cluster
  std::function<void()> while_joining;     // called some times a second while the server joins its cluster
  net::NetOptions net;
  api::Options api;
  actors::Log log; // outlives the Server
};

/// A complete nvrhub in this process. It spawns the actors and orders startup and shutdown: nothing else does.
/// THREADS: start, use and stop it from one thread, which is not an I/O thread.
/// OWNERSHIP: owns the threads, the actors and the lock of the data directory; ServerOptions::log must outlive it.
class Server {
public:
  /// Opens the data directory, starts threads and actors, and accepts connections.
  /// REQUIRES: other threads of the process start after it, because it forks to verify the data; one that only writes
  /// log lines may run.
  /// ERRORS: a message for the operator.
  static tl::expected<std::unique_ptr<Server>, std::string> start(const ServerOptions& options);
  ~Server();

  std::uint16_t port() const;
  bool is_tls() const;

  /// Reloads changed tokens, closes the sessions of revoked ones, and checks the validity of certificates. REQUIRES:
  /// called a few times per second.
  void tick();

  /// Reloads the certificates. ERRORS: a message; the certificates in use stay.
  tl::expected<void, std::string> reload(const ServerOptions& options);

  /// False if an I/O thread has not run a task for `timeout` or a central actor has terminated: then only a restart
  /// helps. A disk that blocks the store does not count. REQUIRES: called about as often as tick().
  bool is_alive(std::chrono::milliseconds timeout);

  /// This server has lost its place in the cluster, and with it all sessions: stop it and start another one.
  bool must_rejoin() const;
  /// This server cannot go on in the cluster; the log has the reason.
  bool has_failed() const;

  /// One line of counts for the operator.
  std::string status() const;

  /// Drains: commits and acknowledges every report that was read (but see send_away()), closes sockets with 1001,
  /// terminates the actors. False if the commits did not finish within `timeout` (a disk that hangs); the process
  /// should exit then.
  bool stop(std::chrono::milliseconds timeout = std::chrono::seconds(8));

private:
  Server();
  struct Components;
  std::unique_ptr<Components> components_;
};

} // namespace nvrhub::app
