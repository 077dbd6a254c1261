#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "net/transport/plain_socket.hpp"

namespace nvrhub::net::test {

/// A WebSocket client that blocks, for at most a minute each time: a broken build then fails instead of hanging.
class WebSocketClient {
public:
  struct Options {
    int receive_buffer = 0;    // bytes that the kernel keeps for it; 0: as many as it likes
    bool answers_pings = true; // false: receive() returns pings
  };

  /// Connects to `port` of this machine and upgrades the connection.
  WebSocketClient(std::uint16_t port, std::string_view path) : WebSocketClient(port, path, Options{}) {}
  WebSocketClient(std::uint16_t port, std::string_view path, Options options);

  void send(std::string_view text) { send_frame(1, text); }
  void send_frame(unsigned opcode, std::string_view payload);
  /// The next text message, "ping", "close <code>", or "end" once the server has closed the connection.
  std::string receive();

private:
  std::string receive_head();
  /// Waits until `received_` has `size` bytes. False: the connection ended before.
  bool wait_for(std::size_t size);
  void send_bytes(std::string_view bytes) const;

  PlainSocket socket_;
  bool answers_pings_;
  std::string received_; // and not returned yet
};

/// The number that follows `"name":` in a message.
std::uint64_t number_of(const std::string& message, std::string_view name);

} // namespace nvrhub::net::test
