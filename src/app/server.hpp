#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include <tl/expected.hpp>

#include "actors/interfaces.hpp"
#include "actors/store.hpp"
#include "net/services.hpp"

namespace nvrhub::app {

struct ServerOptions {
  std::filesystem::path data;
  std::string address = "127.0.0.1";
  std::uint16_t port = 8080;    // 0: a free one
  unsigned threads = 0;         // I/O threads; 0: as many as cores
  bool allow_anonymous = false; // listen beyond loopback though no token was made
  actors::Settings settings;
  actors::StoreOptions store;
  net::NetOptions net;
  actors::Log log; // outlives the Server
};

/// A whole nvrhub in this process: the one place that spawns actors and knows in which order they come and go. Not
/// thread-safe: start and stop it from one thread that is not an I/O thread.
class Server {
public:
  /// Opens the data directory, starts the threads and actors, and takes connections. The error is a message for a
  /// person.
  static tl::expected<std::unique_ptr<Server>, std::string> start(const ServerOptions& options);
  ~Server();

  std::uint16_t port() const;
  bool is_tls() const;

  /// Looks whether the tokens have changed, and closes what was let in by those that are gone. Call it a few times a
  /// second, from the thread that started the server.
  void tick();

  /// Reads certificates again, and what of the options can change while a server runs. What is not sound changes
  /// nothing and comes back as a message.
  tl::expected<void, std::string> reload(const ServerOptions& options);

  /// False if an I/O thread has not come round to anything for `patience`, or an actor that all goes through is gone:
  /// only a restart helps then. A disk that keeps the store waiting is no reason. Call it about as often as tick().
  bool is_alive(std::chrono::milliseconds patience);

  /// A line of counts for a person.
  std::string status() const;

  /// Drains: every report that was read becomes durable and its ack goes out, sockets close 1001, the actors leave.
  /// False if that did not work out within `patience` (a disk that hangs); the process had better exit then.
  bool stop(std::chrono::milliseconds patience = std::chrono::seconds(8));

private:
  Server();
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

} // namespace nvrhub::app
