#pragma once

// The two sides of the load on dashboards: NVRs that change at a steady pace, and sockets that are read as cheaply as
// possible, for they share the machine with the server.

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace bench {

using Clock = std::chrono::steady_clock;

/// NVRs with a few cameras, one of which changes with every report, each in its turn, so many a second in all.
class Changes {
public:
  Changes(std::uint16_t port, std::size_t nvrs);

  /// Starts to report.
  void start(double rate);
  /// Returns how many changes there were.
  std::size_t stop();
  /// How long ago the NVR called so reported last, in milliseconds; negative: it is none of these.
  double age_ms(std::string_view hostname) const;

private:
  std::vector<int> sockets_;
  std::vector<std::atomic<Clock::rep>> sent_;
  std::vector<bool>
      online_; // what each reported last, so that the next start changes something from its first report on
  std::atomic<bool> over_{false};
  std::atomic<std::size_t> count_{0};
  std::thread thread_;
};

/// A dashboard socket. Its frames are counted; only where it is sampled are they looked into.
struct Dashboard {
  int fd = -1;
  bool sampled = false;
  std::uint64_t bytes = 0; // of payloads
  std::uint64_t frames = 0;
  std::uint64_t pages = 0;
  Clock::time_point last_page{}; // when the snapshot was whole

  // Where the stream of bytes stands.
  std::string head;       // of the frame: its header and the first bytes of its payload
  std::uint64_t left = 0; // of its payload
  bool in_payload = false;
  std::string payload; // if sampled
};

/// Reads many dashboards in a thread of its own.
class Readers {
public:
  /// `path` and what is said first; an empty `ask` says nothing.
  Readers(std::uint16_t port, std::size_t count, std::size_t stalled, std::size_t sampled, const Changes& changes);
  ~Readers();

  void say(const std::string& text); // to all, also those that are not read
  void start();
  /// Waits until nothing has come for so long.
  void until_quiet(std::chrono::milliseconds quiet) const;
  /// Waits until each that is read has its last page.
  void until_whole() const;
  void stop();

  /// Latencies, in ms, since the last call.
  std::vector<double> take_latencies();
  std::uint64_t total_bytes() const { return total_bytes_; }
  const std::vector<Dashboard>& all() const { return dashboards_; }

private:
  void run();
  void take(Dashboard& dashboard, std::string_view bytes);
  void end_frame(Dashboard& dashboard);

  std::vector<Dashboard> dashboards_; // the first of them are stalled, the last are sampled
  std::size_t stalled_;
  const Changes& changes_;
  std::atomic<bool> over_{false};
  std::atomic<std::uint64_t> total_bytes_{0};
  std::atomic<std::size_t> whole_{0};
  std::mutex mutex_;
  std::vector<double> latencies_;
  std::thread thread_;
};

} // namespace bench
