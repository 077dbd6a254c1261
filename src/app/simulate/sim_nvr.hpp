#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "app/simulate/backoff.hpp"
#include "app/simulate/change_tracker.hpp"
#include "app/simulate/connect_gate.hpp"
#include "app/simulate/sim_fleet.hpp"
#include "app/simulate/sim_message.hpp"
#include "app/simulate/sim_stats.hpp"
#include "app/simulate/sim_target.hpp"
#include "app/simulate/simulate.hpp"
#include "app/simulate/ws_client.hpp"

namespace nvrhub::app::sim {

/// What all NVRs of a run share; outlives them.
struct Simulation {
  const SimulateOptions& options;
  const Target& target;
  const FleetSpec& fleet;
  const FrameWriter& frames;
  ChangeTracker& tracker;
};

/// One recorder: connects, authenticates, reports, drops now and then, comes back. Belongs to its context's thread.
class SimNvr final : private WsListener, private Connecting {
public:
  SimNvr(boost::asio::io_context& context, ConnectGate& gate, Stats& stats, Simulation& simulation,
         std::uint32_t index);

  void start();
  /// Sends nothing more and does not return, but still hears answers.
  void finish();
  /// Messages on an open connection that were not answered yet.
  std::size_t unanswered() const;
  /// Leaves with a close frame.
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
  void on_end(const WsEnd& end) override;

  void on_auth_ok(const Incoming& in, TimePoint now);
  void on_ack(const Incoming& in, TimePoint now);
  void on_error(const Incoming& in);
  void beat();
  void drop();
  void lose_connection();
  void return_in(std::chrono::milliseconds delay);
  void decide_return(const WsEnd& end);
  void count_end(const WsEnd& end);
  void wait_until(TimePoint when);
  void on_timer();
  void schedule();
  Clock::duration beat_pause();

  ConnectGate& gate_;
  Stats& stats_;
  Simulation& simulation_;
  std::uint32_t index_;
  State state_ = State::down;
  bool finishing_ = false;
  bool deferred_ = false; // a heartbeat is due and waits for the one before to be out
  bool was_online_ = false;
  std::uint32_t timer_round_ = 0; // a wait that was superseded may already be in the queue
  NvrModel model_;
  Random jitter_; // of times only: what is reported must not depend on it
  Backoff backoff_;
  Timer timer_;
  std::shared_ptr<WsClient> link_;
  std::uint64_t next_id_ = 1;
  std::vector<Sent> sent_; // not yet answered, oldest first
  TimePoint online_since_;
  TimePoint next_beat_;
  TimePoint next_drop_;
  NvrModel::Drop drop_;
  std::optional<std::chrono::milliseconds> retry_after_; // what the last error asked for
};

} // namespace nvrhub::app::sim
