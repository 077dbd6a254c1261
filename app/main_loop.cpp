#include "app/main_loop.hpp"

#include <chrono>
#include <ctime>
#include <string>

namespace nvrhub::app {

namespace {

using Time = std::chrono::steady_clock::time_point;

constexpr timespec tick_interval{0, 200'000'000};
constexpr auto status_interval = std::chrono::seconds(10);

/// Sends the service manager the status when it changes, and feeds its watchdog while the server is alive.
class ServiceReporter {
public:
  ServiceReporter(Server& server, Logger& logger, ServiceManager& manager)
      : server_(server), logger_(logger), manager_(manager) {}

  void update(Time now) {
    if (manager_.watchdog()) feed_watchdog(now);
    if (now < next_status_) return;
    next_status_ = now + status_interval;
    if (std::string status = server_.status(); status != status_) manager_.status(status_ = std::move(status));
  }

private:
  void feed_watchdog(Time now) {
    const bool alive = server_.is_alive(std::chrono::duration_cast<std::chrono::milliseconds>(*manager_.watchdog()));
    if (!alive && !unresponsive_) {
      logger_.log(
          actors::Level::error, "hangs",
          "an I/O thread or a central actor does not respond; systemd's watchdog ends this process unless it recovers");
    }
    unresponsive_ = !alive;
    if (!alive || now < next_feed_) return;
    next_feed_ = now + *manager_.watchdog() / 2;
    manager_.alive();
  }

  Server& server_;
  Logger& logger_;
  ServiceManager& manager_;
  bool unresponsive_ = false;
  Time next_feed_{};
  Time next_status_{};
  std::string status_;
};

} // namespace

int run_main_loop(Server& server, Logger& logger, ServiceManager& manager, const sigset_t& signals,
                  const std::function<void()>& reload) {
  ServiceReporter reporter(server, logger, manager);
  while (true) {
    const int signal = sigtimedwait(&signals, nullptr, &tick_interval);
    if (signal == SIGTERM || signal == SIGINT) return signal;
    if (signal == SIGHUP) {
      manager.reloading();
      reload();
      manager.ready(server.status());
    }
    if (server.must_rejoin() || server.has_failed()) return 0;
    server.tick();
    logger.report_suppressed();
    reporter.update(std::chrono::steady_clock::now());
  }
}

} // namespace nvrhub::app
