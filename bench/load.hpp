#pragma once

// A load, independent of the protocol of its clients: many sockets that send the seed's heartbeat repeatedly.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include <openssl/ssl.h>

namespace bench {

struct Options {
  std::uint16_t port = 0;
  int pid = 0;
  std::size_t nvrs = 1000;
  std::size_t cameras = 32;
  std::size_t reports = 200'000;
  double rate = 0; // reports a second; 0: flat out
  double change = 0.05;
  int tls = 0; // 1: over TLS; WebSockets only
  int qos = 0; // MQTT only
};

/// Exits the program at an unknown flag; `--qos` is known if `mqtt`.
Options parse_options(int argc, char** argv, bool mqtt = false);

/// The systemStatus of an NVR with `cameras` cameras.
std::string system_status(std::size_t cameras);

/// The heartbeat with `status`. Each heartbeat of a load has a new timestamp, and some have a changed status.
std::string heartbeat(const std::string& status);

/// A socket and the message with a heartbeat that it sends. The message is changed in place, so building it costs
/// little.
struct Client {
  int fd = -1;
  SSL* ssl = nullptr;        // with TLS
  std::string message;       // as it is on the wire
  std::size_t heartbeat = 0; // its offset in the message
  bool masked = false;       // as WebSocket requires
  std::size_t number_at = 0; // offset of a two-byte message counter; 0: no counter
};

/// The operations that differ between protocols.
struct Protocol {
  std::function<Client(std::size_t index)> connect;
  std::function<void(Client&)> wait_until_in;   // called after all have connected, so a server may batch auths
  std::function<void(Client&)> wait_until_read; // returns when everything that was sent has been read
};

/// Connects all, sends the reports, waits until they are read, and prints the cost of a report as a JSON object.
void measure(const Options& options, const Protocol& protocol);

} // namespace bench
