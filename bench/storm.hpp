#pragma once

// The two sides of a storm: a fleet that does everything at once, in one thread, and a dashboard on the seed's feed
// that counts what it is shown, in another.

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

namespace bench {

using Clock = std::chrono::steady_clock;

class Watch {
public:
  Watch(std::uint16_t port, std::size_t nvrs);
  ~Watch();

  /// From now on counts, per NVR, the updates that show it with this status.
  void expect(const std::string& status);
  /// Waits until every NVR was shown so; ends the program when that takes longer.
  void until_all(std::chrono::seconds patience);
  Clock::time_point all_at() const;
  std::size_t shown() const;
  /// Of one NVR since expect(): the least and the most.
  std::pair<unsigned, unsigned> events_each() const;

private:
  void run();
  void take(std::string_view update);

  int fd_;
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
    std::size_t retries = 0;         // the server refused or hung up, and was asked again
    std::size_t replaced_closed = 0; // older sockets that the server closed when a newer one took over
  };

  Fleet(std::uint16_t port, std::size_t nvrs, std::size_t cameras);

  /// Connects every NVR on a new socket, `window` at most on their way at any moment; returns when each had its
  /// `auth_ok`. What an NVR had open before must then have been closed by the server.
  Outcome connect(std::size_t window);
  /// How many answer a heartbeat.
  std::size_t alive() const;
  void drop();

private:
  enum class Step : std::uint8_t { connecting, upgrading, authenticating, done };
  struct Nvr {
    int fd = -1;
    int old = -1;
    Step step = Step::connecting;
    std::string got;
  };

  void begin(std::size_t index);
  /// False: it must be tried again.
  bool go_on(std::size_t index);
  std::string auth(std::size_t index) const;
  static bool closed_by_server(int fd);

  std::uint16_t port_;
  std::string system_status_;
  std::vector<Nvr> nvrs_;
  int poll_;
};

} // namespace bench
