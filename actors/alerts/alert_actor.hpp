#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/alerts/deliveries.hpp"
#include "actors/messages.hpp"
#include "alerts/engine.hpp"
#include "store/store.hpp"

namespace nvrhub::actors {

struct AlertOptions {
  std::vector<notify::Channel> channels; // their order may change between starts
  alerts::Grouping::Settings grouping;
  std::string page_url; // of the page, ends with "/"; empty: messages bear no links
  std::function<void(notify::Request, notify::Client::Callback)> send; // required if there are channels
  std::vector<alerts::Rule> first_rules = alerts::default_rules();     // of a store that has none yet
  std::chrono::milliseconds retry{1'000};                              // after the store could not be read
  std::chrono::milliseconds confirm_interval{500}; // during the restart grace: looks for NVRs that are back
  // An engine that has decided nothing stores its position this often, so that a restart reads few events.
  std::chrono::milliseconds position_interval{60'000};
  std::uint64_t position_events = 10'000;
};

class AlertState {
public:
  using Self = AlertActor::stateful_pointer<AlertState>;

  void init(Self self, SharedPtr shared, std::shared_ptr<const store::Store> store, StoreActor writer,
            AlertOptions options);

  void on(const Committed& message);
  void on(const Written& message);
  void on(const Watermark& message);
  void on(const ChangeAlerts& message);
  void on(const AdvanceAlerts& message);
  void on(const Posted& message);
  void on(const Lead& message);

private:
  using Reply = std::shared_ptr<const std::function<void(AlertsResult)>>;

  // restore.cpp
  store::Result<void> restore();
  store::Result<alerts::Configuration> stored_configuration(const store::Snapshot& snapshot);
  store::Result<void> load_windows(const store::Snapshot& snapshot);
  store::Result<alerts::Snapshot> stored_alerts(const store::Snapshot& snapshot, const alerts::Configuration& stored);
  store::Result<void> replay(const store::Snapshot& snapshot, fleet::Seq upto);
  store::Result<void> note_restart(const store::Snapshot& snapshot);
  store::Result<void> configure(std::vector<alerts::Rule> rules);

  void apply(const ChangeAlerts& message);
  void apply(const fleet::Event& event, const store::Snapshot* snapshot);
  void deliver();
  void take_deliveries();
  void catch_up();
  void note_pause();
  void confirm_returned();
  void take_transitions();
  void flush(bool urgent = false);
  void ask_time();
  void schedule();
  void wake_in(std::chrono::milliseconds wait);
  bool position_is_due() const;

  void forget_windows(fleet::WallMillis at);
  void set_windows();
  AlertsResult change(const SetRules& change);
  AlertsResult change(const PutWindow& change);
  AlertsResult change(const EndWindow& change);
  AlertsResult change(const Acknowledge& change);

  fleet::WallMillis now() const { return std::max(shared_->now(), engine_.position().now); }

  Self self_ = nullptr;
  SharedPtr shared_;
  std::shared_ptr<const store::Store> store_;
  StoreActor writer_;
  AlertOptions options_;
  std::vector<std::string> channels_; // names
  alerts::Engine engine_;
  std::optional<Deliveries> deliveries_;
  bool restored_ = false;
  std::vector<alerts::Rule> rules_;
  std::map<std::string, alerts::MaintenanceWindow> windows_;

  // What the next write has: the last value of each key, and events in order.
  std::map<std::string, std::optional<std::string>> records_;
  std::vector<fleet::Event> events_;
  std::vector<ChangeAlerts> changes_; // wait for the watermark
  bool asked_ = false;                // for a watermark
  fleet::WallMillis watermark_ = 0;   // the last one
  std::vector<Reply> replies_;
  std::vector<Reply> written_replies_; // of the write in flight
  bool writing_ = false;

  fleet::Seq stored_seq_ = 0; // position of the last write
  std::chrono::steady_clock::time_point stored_at_{};
  std::chrono::steady_clock::time_point grace_ends_{};
  std::chrono::milliseconds paused_{0};               // of Shared::paused, those that the engine knows of
  std::chrono::steady_clock::time_point looked_at_{}; // when note_pause() last compared the clocks
  fleet::WallMillis looked_now_ = 0;                  // what the server's showed then
  std::uint64_t timer_ = 0;                           // number of the AdvanceAlerts that counts
  std::chrono::steady_clock::time_point timer_due_{};
  bool was_late_ = false; // the last timer
  bool warned_ = false;   // of a store that cannot be read
};

/// Runs the alert engine (alerts/engine.hpp): feeds it committed events and the time, writes its transitions to the
/// store, and answers changes of rules, windows and acknowledgements once they are durable (alerts.md). At start it
/// restores the engine from the store and applies the events that follow. Durable changes become messages for the
/// channels (Deliveries).
///
/// In a cluster one server does this for all: the others wait for Lead, and refuse changes.
///
/// THREADS: spawn it detached: it reads the fleet at start and at a change of rules.
/// ERRORS: while the store cannot be read or written it waits; changes are refused with `unavailable` until it has
/// restored the engine.
AlertActor::behavior_type alert(AlertState::Self self, SharedPtr shared, std::shared_ptr<const store::Store> store,
                                StoreActor writer, AlertOptions options);

} // namespace nvrhub::actors
