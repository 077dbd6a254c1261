#pragma once

// The two sides of the dashboard load: NVRs that change at a steady rate, and sockets that are read as cheaply as
// possible, because the readers share the machine with the server.

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

/// NVRs with a few cameras, one of which changes with every report. They report in turn, at one total rate.
class Changes {
public:
  Changes(std::uint16_t port, std::size_t nvrs);

  /// Starts reporting, `rate` changes a second in total.
  void start(double rate);
  /// Stops reporting and returns the number of changes.
  std::size_t stop();
  /// Milliseconds since the last report of the NVR `hostname`; negative if it is not one of these NVRs.
  double age_ms(std::string_view hostname) const;

private:
  std::vector<int> sockets_;
  std::vector<std::atomic<Clock::rep>> sent_;
  std::vector<bool> online_; // the last reported status of each, so that the first report of the next start is a change
  std::atomic<bool> over_{false};
  std::atomic<std::size_t> count_{0};
  std::thread thread_;
};

/// A dashboard socket. Its frames are counted; payloads are parsed only if it is sampled.
struct Dashboard {
  int fd = -1;
  bool sampled = false;
  std::uint64_t bytes = 0; // of payloads
  std::uint64_t frames = 0;
  std::uint64_t pages = 0;
  Clock::time_point last_page{}; // when the snapshot was complete

  // Parser state.
  std::string head;       // the frame header and the first bytes of its payload
  std::uint64_t left = 0; // payload bytes still to come
  bool in_payload = false;
  std::string payload; // if sampled
};

/// Reads many dashboards in a separate thread.
class Readers {
public:
  /// Opens `count` dashboard sockets: the first `stalled` are never read, the last `sampled` are parsed.
  Readers(std::uint16_t port, std::size_t count, std::size_t stalled, std::size_t sampled, const Changes& changes);
  ~Readers();

  void send(const std::string& text); // to all, including the stalled ones
  void start();
  /// Waits until nothing has arrived for `quiet`.
  void until_quiet(std::chrono::milliseconds quiet) const;
  /// Waits until each dashboard that is read has its last page.
  void until_whole() const;
  void stop();

  /// Latencies since the last call, in ms.
  std::vector<double> take_latencies();
  std::uint64_t total_bytes() const { return total_bytes_; }
  const std::vector<Dashboard>& all() const { return dashboards_; }

private:
  void run();
  void take(Dashboard& dashboard, std::string_view bytes);
  void end_frame(Dashboard& dashboard);

  std::vector<Dashboard> dashboards_; // the first are stalled, the last are sampled
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
