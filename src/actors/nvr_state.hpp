#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/interfaces.hpp"
#include "actors/pending.hpp"
#include "fleet/resting_nvr.hpp"

namespace nvrhub::actors {

/// What an NVR actor knows and does. `nvr_` is the NVR as it will be once everything that is in flight or pending is
/// committed; one write is in flight at most, and whoever waits for durability waits for the write that holds his
/// change.
class NvrState {
public:
  using Self = NvrActor::stateful_pointer<NvrState>;

  ~NvrState();
  void init(Self self, std::string hostname, SharedPtr shared, StoreActor store, RegistryActor registry);

  void on(const Attach& message);
  void on(const Report& message);
  void on(const Closed& message);
  void on(const GraceOver& message);
  void on(const Operation& message);
  void on(const Expire& message);
  void on(const Loaded& message);
  void on(const Written& message);
  void on(const PassivateOk& message);
  void on(const Drain& message);

private:
  using Clock = std::chrono::steady_clock;
  /// Called once what it waits for is durable (with the head that contains it), or refused by the store.
  using Waiter = std::function<void(const store::Result<fleet::Seq>&)>;
  using Stashed = std::variant<Attach, Report, Closed, GraceOver, Operation, Expire>;

  // Sessions (nvr_state.cpp)
  bool slow_down(const Attach& message);
  /// What an auth or heartbeat does to the cameras; returns how many statuses it changed.
  std::uint32_t take_report(const protocol::ReportPtr& report, bool is_auth, std::vector<fleet::SkippedEntry>& skipped);
  protocol::ReportPtr report_of(const Report& message);
  void forget_report();
  void seen(fleet::WallMillis at);
  void go_offline(fleet::Cause cause);

  // Operations (nvr_operations.cpp)
  /// Applies one; nothing is changed when it is refused. True if it created the NVR.
  using Applied = tl::expected<bool, OpError>;
  void refuse_operation(const Operation& operation, OpError why);
  Applied apply(const Ingest& change);
  Applied apply(const Rename& change);
  Applied apply(const RemoveNvr& change);
  Applied apply(const RemoveCamera& change);
  Applied apply(const SetNvrStatus& change);
  Applied apply(const SetCameraStatus& change);

  // Writing (nvr_writes.cpp)
  void when_durable(Waiter waiter);
  void flush();
  void fail(const store::Error& error);
  void reload();
  /// Keeps a message until the actor can look at it.
  void stash(Stashed message);
  void unstash();
  void refuse_stashed(const store::Error& error);
  /// The end of every handler: writes what is pending; asks to leave if there is nothing left to do.
  void settle();
  bool is_idle() const;
  void begin_new();                                   // an NVR that nobody registered yet
  bool busy() const { return !loaded_ || removing_; } // the messages of Stashed wait

  Self self_ = nullptr;
  SharedPtr shared_;
  StoreActor store_;
  RegistryActor registry_;
  std::string hostname_;
  std::uint64_t received_ = 0; // messages from the registry

  bool loaded_ = false;
  bool load_failed_ = false; // nothing is known until the next message has it tried again
  bool exists_ = false;      // registered, or about to be
  bool removing_ = false;    // its removal is being written
  bool draining_ = false;
  fleet::RestingNvr nvr_;
  fleet::WallMillis seen_ = 0; // the last auth or heartbeat
  std::vector<Stashed> stash_;

  SessionOutletPtr outlet_;                  // null: no session
  bool is_settled_ = false;                  // outlet_'s last report had nothing wrong in it
  fleet::SessionNumber session_ = 0;         // of outlet_, else of the last one: what writes are fenced with
  std::optional<fleet::Cause> grace_;        // the session's socket closed for this, and may come back
  std::vector<Clock::time_point> takeovers_; // of the last minute
  std::optional<Clock::time_point> conflict_shown_;

  Pending pending_;
  bool in_flight_ = false;
  std::vector<Waiter> waiting_in_flight_; // for the write in flight
  std::vector<Waiter> waiting_pending_;   // for the one after it
};

} // namespace nvrhub::actors
