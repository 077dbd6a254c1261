#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "client/backoff.hpp"
#include "client/ws_client.hpp"
#include "simulate/fleet.hpp"
#include "simulate/measure/change_tracker.hpp"
#include "simulate/measure/stats.hpp"
#include "simulate/nvr/connect_throttle.hpp"
#include "simulate/nvr/message.hpp"
#include "simulate/simulate.hpp"
#include "simulate/target.hpp"

namespace nvrhub::simulate {

/// Shared by all NVRs of a run. OWNERSHIP: outlives them.
struct Simulation {
  const Options& options;
  const std::vector<Target>& targets; // at least one; NVRs begin at the first
  const FleetSpec& fleet;
  const FrameWriter& frames;
  ChangeTracker& tracker;
};

/// One simulated NVR: connects, authenticates, reports, drops and reconnects.
/// THREADS: its context's thread.
class Nvr final : private client::WsListener, private ConnectWaiter {
public:
  Nvr(boost::asio::io_context& context, ConnectThrottle& throttle, Stats& stats, Simulation& simulation,
      std::uint32_t index);

  void start();
  /// Stops sending and reconnecting; answers still count.
  void finish();
  /// Messages on an open connection that are not answered yet.
  std::size_t unanswered() const;
  /// Closes with a close frame.
  void hang_up();

private:
  enum class State { down, queued, connecting, authenticating, online, stopped };
  struct Sent {
    std::uint64_t id;
    TimePoint at;
    std::uint32_t changed;
  };

  void connect() override;
  void on_open() override;
  void on_text(std::string_view text) override;
  void on_sent() override;
  void on_end(const client::WsEnd& end) override;

  void on_auth_ok(const Incoming& in, TimePoint now);
  void on_ack(const Incoming& in, TimePoint now);
  void on_error(const Incoming& in);
  void beat();
  void drop();
  void lose_connection();
  void reconnect_in(std::chrono::milliseconds delay);
  void schedule_reconnect(const client::WsEnd& end);
  void change_server();
  void count_disconnect(const client::WsEnd& end);
  void wait_until(TimePoint when);
  void on_timer();
  void schedule();
  Clock::duration beat_pause();

  ConnectThrottle& throttle_;
  Stats& stats_;
  Simulation& simulation_;
  std::uint32_t index_;
  State state_ = State::down;
  bool finishing_ = false;
  bool deferred_ = false; // a heartbeat is due and waits until the previous one is written
  bool was_online_ = false;
  std::uint32_t timer_round_ = 0; // identifies superseded waits whose handler is already queued
  NvrModel model_;
  Random jitter_; // only for times: reports must not depend on it
  client::Backoff backoff_;
  Timer timer_;
  std::size_t server_ = 0; // of the simulation's targets
  std::shared_ptr<client::WsClient> link_;
  std::uint64_t next_id_ = 1;
  std::vector<Sent> sent_; // not yet answered, oldest first
  TimePoint online_since_;
  TimePoint next_beat_;
  TimePoint next_drop_;
  NvrModel::Drop drop_;
  std::optional<std::chrono::milliseconds> retry_after_; // from the last error
};

} // namespace nvrhub::simulate
