#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace nvrhub::app {

/// Notifies systemd (sd_notify(3)) that the server is ready, reloading, stopping or alive. Each call sends one datagram
/// to the socket in NOTIFY_SOCKET; without that variable it does nothing.
class ServiceManager {
public:
  /// Reads WATCHDOG_USEC, the time systemd waits for alive() before it restarts the server; nullopt: no watchdog.
  ServiceManager();

  void ready(const std::string& status);
  void status(const std::string& status);
  void reloading();
  void stopping();
  void alive();
  const std::optional<std::chrono::microseconds>& watchdog() const { return watchdog_; }

private:
  std::optional<std::chrono::microseconds> watchdog_;
};

} // namespace nvrhub::app
