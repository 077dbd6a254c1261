#include "app/attend.hpp"

#include <chrono>
#include <ctime>
#include <string>

namespace nvrhub::app {

namespace {

using Time = std::chrono::steady_clock::time_point;

constexpr timespec turn{0, 200'000'000};
constexpr auto status_every = std::chrono::seconds(10);

/// Tells the service manager what is new, as often as it should hear of it.
class Teller {
public:
  Teller(Server& server, Logger& logger, ServiceManager& manager)
      : server_(server), logger_(logger), manager_(manager) {}

  void tell(Time now) {
    if (manager_.watchdog()) feed(now);
    if (now < next_status_) return;
    next_status_ = now + status_every;
    if (std::string status = server_.status(); status != status_) manager_.status(status_ = std::move(status));
  }

private:
  void feed(Time now) {
    const bool alive = server_.is_alive(std::chrono::duration_cast<std::chrono::milliseconds>(*manager_.watchdog()));
    if (!alive && !hangs_) {
      logger_.log(
          actors::Level::error, "hangs",
          "an I/O thread or an actor does not answer: unless it does, the watchdog is going to end this process");
    }
    hangs_ = !alive;
    if (!alive || now < next_feed_) return;
    next_feed_ = now + *manager_.watchdog() / 2;
    manager_.alive();
  }

  Server& server_;
  Logger& logger_;
  ServiceManager& manager_;
  bool hangs_ = false;
  Time next_feed_{};
  Time next_status_{};
  std::string status_;
};

} // namespace

int attend(Server& server, Logger& logger, ServiceManager& manager, const sigset_t& signals,
           const std::function<void()>& reload) {
  Teller teller(server, logger, manager);
  while (true) {
    const int signal = sigtimedwait(&signals, nullptr, &turn);
    if (signal == SIGTERM || signal == SIGINT) return signal;
    if (signal == SIGHUP) {
      manager.reloading();
      reload();
      manager.ready(server.status());
    }
    server.tick();
    logger.tell_left_out();
    teller.tell(std::chrono::steady_clock::now());
  }
}

} // namespace nvrhub::app
