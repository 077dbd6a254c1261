#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <thread>

namespace nvrhub::notify::testing {

/// A server on a free port of 127.0.0.1 that speaks with each connection in turn.
class Receiver {
public:
  /// One connection.
  class Peer {
  public:
    explicit Peer(int socket) : socket_(socket) {}
    void say(const std::string& text) const;
    /// Reads until what was read since the last call ends with `end`; "" at the end of the connection.
    std::string hear(const std::string& end) const;
    /// Waits until the client closes the connection.
    void hang() const;

  private:
    int socket_;
  };

  explicit Receiver(std::function<void(const Peer&)> serve);
  ~Receiver();
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  std::string port() const { return std::to_string(port_); }
  int connections() const { return connections_; }

private:
  int listener_ = -1;
  unsigned port_ = 0;
  std::atomic<int> current_{-1};
  std::atomic<bool> stopping_{false};
  std::atomic<int> connections_{0};
  std::thread thread_;
};

/// Answers one HTTP request with this status line and header, and a body.
std::function<void(const Receiver::Peer&)> http_answer(const std::string& head, const std::string& body = "");

} // namespace nvrhub::notify::testing
