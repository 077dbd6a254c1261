#pragma once

// The two sides of a storm: a fleet that performs each action at once, in one thread, and a dashboard on the legacy
// feed that counts the updates, in another thread.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "tls_client.hpp"

namespace bench {

using Clock = std::chrono::steady_clock;

class Watch {
public:
  Watch(std::uint16_t port, std::size_t nvrs, bool tls);
  ~Watch();

  /// From now on counts the updates per NVR that have this status.
  void expect(const std::string& status);
  /// Waits until every NVR had such an update; exits the program after `patience`.
  void until_all(std::chrono::seconds patience);
  Clock::time_point all_at() const;
  std::size_t shown() const;
  /// The smallest and the largest count of one NVR since expect().
  std::pair<unsigned, unsigned> events_each() const;

private:
  void run();
  void take(std::string_view update);

  Link link_;
  std::atomic<bool> over_{false};
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string mark_;
  std::vector<unsigned> events_;
  std::size_t shown_ = 0;
  Clock::time_point all_at_{};
  std::thread thread_;
};

class Fleet {
public:
  struct Outcome {
    std::size_t retries = 0;         // the server refused or closed the connection, and the NVR tried again
    std::size_t resumed = 0;         // TLS sessions
    std::size_t replaced_closed = 0; // older sockets that the server closed when a newer one took over
  };

  /// How it connects. `resumes`: with TLS and the ticket of the NVR's last connection.
  struct Way {
    bool tls = false;
    bool resumes = false;
  };

  Fleet(std::uint16_t port, std::size_t nvrs, std::size_t cameras, Way way);

  /// Connects every NVR on a new socket, with at most `window` connecting at any time; returns when each has its
  /// `auth_ok`. The server must have closed each NVR's older socket by then.
  Outcome connect(std::size_t window);
  /// The number of NVRs that answer a heartbeat.
  std::size_t alive() const;
  void drop();

private:
  enum class Step : std::uint8_t { connecting, securing, upgrading, authenticating, done };
  struct Nvr {
    Link link;
    Link old;
    SSL_SESSION* session = nullptr;
    Step step = Step::connecting;
    std::string got;
  };

  void begin(std::size_t index);
  /// Continues the connection of one NVR; false: it must be retried.
  bool go_on(std::size_t index);
  std::string auth(std::size_t index) const;
  /// Reads until there is nothing more; false: the connection has ended.
  bool receive(Nvr& nvr);
  static bool closed_by_server(const Link& link);

  std::uint16_t port_;
  Way way_;
  std::string system_status_;
  std::vector<Nvr> nvrs_;
  int poll_;
};

} // namespace bench
