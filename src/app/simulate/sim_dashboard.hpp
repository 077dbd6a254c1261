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

#include "app/simulate/backoff.hpp"
#include "app/simulate/change_tracker.hpp"
#include "app/simulate/connect_gate.hpp"
#include "app/simulate/sim_target.hpp"
#include "app/simulate/ws_client.hpp"

namespace nvrhub::app::sim {

/// What the dashboards of a run saw, summed.
struct DashboardTotals {
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;
  std::uint64_t ends = 0;                   // of connections that the server or the network ended
  std::uint64_t measuring_ends = 0;         // of these, the measuring dashboard's
  std::map<unsigned, std::uint64_t> closes; // by the server's close code
};

/// A dashboard on the seed's feed. Reconnects when it is cut off.
class SimDashboard final : private WsListener {
public:
  using Opened = std::function<void(const std::string& problem)>;

  /// `tracker` is null for one that only reads. `opened` is called once, with the end of the first attempt.
  SimDashboard(boost::asio::io_context& context, const Target& target, const std::string& token, ChangeTracker* tracker,
               DashboardTotals& totals, std::uint64_t seed, Opened opened);

  void connect();
  void hang_up();

private:
  void on_open() override;
  void on_text(std::string_view text) override;
  void on_sent() override {}
  void on_end(const WsEnd& end) override;
  void watch();

  const Target& target_;
  const std::string& token_;
  ChangeTracker* tracker_;
  DashboardTotals& totals_;
  Opened opened_;
  Timer timer_;
  Random jitter_;
  Backoff backoff_;
  std::shared_ptr<WsClient> link_;
};

/// The dashboards, with a thread to themselves: what the NVRs' thread has to do must not count as the server's latency.
class SimDashboards {
public:
  SimDashboards(const Target& target, const std::string& token, unsigned count, ChangeTracker& tracker);
  ~SimDashboards();

  /// Blocks until all are open; returns what went wrong, or nothing.
  std::string open();
  /// Leaves, waits for the server to agree, at most until `until`, and ends the thread.
  DashboardTotals hang_up(TimePoint until);

private:
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  DashboardTotals totals_;
  std::promise<std::string> promise_;
  std::size_t waiting_for_;
  bool promised_ = false;
  std::vector<std::unique_ptr<SimDashboard>> dashboards_;
  std::thread thread_;
};

} // namespace nvrhub::app::sim
