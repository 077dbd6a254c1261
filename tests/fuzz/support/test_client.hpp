#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/support/stream_rules.hpp"

namespace nvrhub::fuzz {

/// One TCP connection to the server under test. Blocks; a wait of more than 15 s for the server is a finding.
class TestClient {
public:
  explicit TestClient(std::uint16_t port);
  ~TestClient();
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;

  void write(std::string_view bytes);
  /// Requests a WebSocket; from then on, received bytes must follow StreamRules.
  void upgrade(std::string_view target);
  void request(std::string_view method, std::string_view target, std::string_view body);
  void frame(unsigned opcode, bool fin, std::string_view payload);
  /// Sends bytes that need not be HTTP or frames.
  void raw(std::string_view bytes);

  /// Waits until the server has read everything, or has closed this connection.
  void sync();
  /// Shuts down sending, waits until the server closes the connection, and checks everything received.
  void finish();
  /// Makes the destructor reset the connection.
  void abort();

  const std::string& received() const { return received_; }

private:
  /// False: the connection is closed.
  bool receive();

  int fd_;
  bool is_websocket_ = false;
  bool is_raw_ = false; // raw() was used: the stream may contain anything
  bool closed_ = false;
  std::string received_;
  StreamRules rules_;
};

} // namespace nvrhub::fuzz
