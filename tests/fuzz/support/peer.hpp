#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/support/stream_rules.hpp"

namespace nvrhub::fuzz {

/// One TCP connection to the server under test. Blocks, but for no longer than a server that is well could take.
class ClientIdentity {
public:
  explicit ClientIdentity(std::uint16_t port);
  ~ClientIdentity();
  ClientIdentity(const ClientIdentity&) = delete;
  ClientIdentity& operator=(const ClientIdentity&) = delete;

  void write(std::string_view bytes);
  /// Asks for a WebSocket; what the server says from now on must keep to the rules of one.
  void upgrade(std::string_view target);
  void request(std::string_view method, std::string_view target, std::string_view body);
  void frame(unsigned opcode, bool fin, std::string_view payload);
  /// Bytes that need not be HTTP or frames.
  void raw(std::string_view bytes);

  /// Waits until the server has read everything, or has ended this connection.
  void sync();
  /// Ends its half of the connection, waits for the server's, and judges all that came.
  void finish();
  /// A reset.
  void abort();

  const std::string& received() const { return received_; }

private:
  /// False: the connection is over.
  bool receive();

  int fd_;
  bool is_websocket_ = false;
  bool is_raw_ = false; // what was sent may mean anything
  bool over_ = false;
  std::string received_;
  StreamRules rules_;
};

} // namespace nvrhub::fuzz
