#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace nvrhub::app {

/// What systemd is told (sd_notify(3)): ready, reloading, stopping, alive. Under no service manager nothing happens.
/// Each call sends one datagram to the socket that NOTIFY_SOCKET names.
class ServiceManager {
public:
  /// Reads WATCHDOG_USEC: how long systemd waits for alive() before it restarts the server. Nothing: it does not.
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
