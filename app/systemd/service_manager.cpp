#include "app/systemd/service_manager.hpp"

#include <cstdint>
#include <ctime>

#include <systemd/sd-daemon.h>

namespace nvrhub::app {

namespace {

void notify(const std::string& state) {
  (void)sd_notify(0, state.c_str()); // without a service manager the server runs on
}

/// A newline would start another assignment.
std::string one_line(std::string text) {
  for (char& c : text) {
    if (c == '\n') c = ' ';
  }
  return text;
}

} // namespace

ServiceManager::ServiceManager() {
  std::uint64_t us = 0;
  if (sd_watchdog_enabled(0, &us) > 0 && us > 0) watchdog_ = std::chrono::microseconds(us);
}

void ServiceManager::ready(const std::string& status) {
  notify("READY=1\nSTATUS=" + one_line(status));
}

void ServiceManager::status(const std::string& status) {
  notify("STATUS=" + one_line(status));
}

void ServiceManager::reloading() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const std::int64_t us = std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1'000;
  notify("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(us));
}

void ServiceManager::stopping() {
  notify("STOPPING=1\nSTATUS=draining");
}

void ServiceManager::alive() {
  notify("WATCHDOG=1");
}

} // namespace nvrhub::app
