#pragma once

// What a load is, whatever protocol its clients speak: many sockets that send the seed's heartbeat again and again.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace bench {

struct Options {
  std::uint16_t port = 0;
  int pid = 0;
  std::size_t nvrs = 1000;
  std::size_t cameras = 32;
  std::size_t reports = 200'000;
  double rate = 0; // a second; 0: flat out
  double change = 0.05;
  int qos = 0; // MQTT's
};

/// Dies of a flag that it does not know; `--qos` is known where `mqtt`.
Options parse_options(int argc, char** argv, bool mqtt = false);

/// The systemStatus of an NVR with so many cameras.
std::string system_status(std::size_t cameras);

/// The heartbeat with it. Each that a load sends differs from the one before in its timestamp, and some in a status.
std::string heartbeat(const std::string& status);

/// A message that holds a heartbeat, and the socket that it goes over. It is altered in place: what it costs to make
/// one is not what is measured.
struct Client {
  int fd = -1;
  std::string message;       // as it is on the wire
  std::size_t heartbeat = 0; // where in it
  bool masked = false;       // WebSocket's
  std::size_t number_at = 0; // two bytes that count the messages; 0: none do
};

/// What differs between protocols.
struct Protocol {
  std::function<Client(std::size_t index)> connect;
  std::function<void(Client&)> wait_until_in;   // after all have connected: a server may let in many at once
  std::function<void(Client&)> wait_until_read; // all that was sent
};

/// Connects all, sends the reports, waits until they are read, and prints what a report cost, as a JSON object.
void measure(const Options& options, const Protocol& protocol);

} // namespace bench
