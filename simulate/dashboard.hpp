#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include "client/backoff.hpp"
#include "client/ws_client.hpp"
#include "simulate/measure/change_tracker.hpp"
#include "simulate/nvr/connect_throttle.hpp"
#include "simulate/target.hpp"

namespace nvrhub::simulate {

/// Sums over all dashboards of a run.
struct DashboardTotals {
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;
  std::uint64_t ends = 0;                   // connections ended by the server or the network
  std::uint64_t measuring_ends = 0;         // of these, of the measuring dashboard
  std::map<unsigned, std::uint64_t> closes; // by the server's close code
};

/// A dashboard on the legacy feed. Reconnects when its connection ends.
class Dashboard final : private client::WsListener {
public:
  using Opened = std::function<void(const std::string& problem)>;

  /// `tracker` is null unless this dashboard measures. `opened` is called once, with the result of the first attempt.
  Dashboard(boost::asio::io_context& context, const Target& target, ChangeTracker* tracker, DashboardTotals& totals,
            std::uint64_t seed, Opened opened);

  void connect();
  void hang_up();

private:
  void on_open() override;
  void on_text(std::string_view text) override;
  void on_sent() override {}
  void on_end(const client::WsEnd& end) override;
  void start_watching();

  const Target& target_;
  ChangeTracker* tracker_;
  DashboardTotals& totals_;
  Opened opened_;
  Timer timer_;
  Random jitter_;
  client::Backoff backoff_;
  std::shared_ptr<client::WsClient> link_;
};

/// All dashboards, on a thread of their own: delays in the NVRs' threads must not count as latency of the server.
class Dashboards {
public:
  Dashboards(const Target& target, unsigned count, ChangeTracker& tracker);
  ~Dashboards();

  /// Blocks until all are open. Returns an error message; empty: success.
  std::string open();
  /// Closes the connections, waits until `until` for the server's close frames, and ends the thread.
  DashboardTotals hang_up(TimePoint until);

private:
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  DashboardTotals totals_;
  std::promise<std::string> promise_;
  std::size_t waiting_for_;
  bool promised_ = false;
  std::vector<std::unique_ptr<Dashboard>> dashboards_;
  std::thread thread_;
};

} // namespace nvrhub::simulate
