#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/messages.hpp"
#include "actors/nvr/drafts.hpp"
#include "actors/nvr/pending.hpp"
#include "fleet/compact_nvr.hpp"

namespace nvrhub::actors {

/// Whether the store refuses only for now: another server has changed the NVR, or this one has lost its lease.
inline bool is_passing(store::Errc code) {
  return code == store::Errc::stale || code == store::Errc::io;
}
/// After how many seconds an NVR may repeat what was refused. If its socket `closes`, it may find another server.
inline int retry_after_s(store::Errc code, bool closes) {
  if (!is_passing(code)) return 30;
  return closes ? 2 : 5;
}

/// State and handlers of an NVR actor (protocol.md, "NVR socket"). `nvr_` is the NVR as it will be when everything in
/// flight and pending is committed. One write is in flight at most; an answer that needs durability waits for the write
/// that contains its change.
class NvrState {
public:
  using Self = NvrActor::stateful_pointer<NvrState>;

  ~NvrState();
  void init(Self self, std::string hostname, SharedPtr shared, StoreActor store, RegistryActor registry);

  void on(const StartSession& message);
  void on(const Report& message);
  void on(const SessionClosed& message);
  void on(const OfflineGraceExpired& message);
  void on(const Operation& message);
  void on(const RestartGraceExpired& message);
  void on(const Loaded& message);
  void on(const Written& message);
  void on(const PassivateGranted& message);
  void on(const SessionClaimed& message);
  void on(const ChangedElsewhere& message);
  void on(const Drain& message);

private:
  using Clock = std::chrono::steady_clock;
  using Waiter = Drafts::Waiter;
  using Stashed =
      std::variant<StartSession, Report, SessionClosed, OfflineGraceExpired, Operation, RestartGraceExpired>;

  // Sessions (state.cpp)
  /// Refuses an auth that may not have a session now.
  bool refuse_auth(const StartSession& message);
  void begin_session(const StartSession& message);
  void refuse_session(const StartSession& message, const store::Error& error);
  bool take_auth(const StartSession& message);
  void refuse_unknown_hostname(const StartSession& message);
  bool slow_down(const StartSession& message);
  bool is_connected_elsewhere() const;
  void enroll_new();
  void wait_for_return(const GracePeriod& period);
  void draft_offline(fleet::Cause cause);
  bool go_offline(fleet::Cause cause);

  // Sessions in a cluster (claim.cpp)
  void claim_session(const StartSession& message);
  void replace_claim(const StartSession& message);
  void end_claim();
  void refuse_claim(const store::Error& error);
  /// Another server has a newer session.
  void lose_session();
  /// What is drafted again was reported by a session before one of another server: it is history.
  bool is_history(fleet::SessionNumber session) const { return redrafting_ && session != 0 && session <= elsewhere_; }

  // Reports (reports.cpp)
  bool take_heartbeat(const Report& message, const SessionHandlePtr& handle);
  /// Applies an auth or heartbeat to the cameras; returns the number of statuses that changed.
  std::uint32_t take_report(const protocol::ReportPtr& report, bool is_auth, std::vector<fleet::SkippedEntry>& skipped);
  void forget_if_large(const protocol::ReportPtr& report);
  void invalidate_report();
  void seen(fleet::WallMillis at);

  // Operations (operations.cpp)
  /// Applies one. True if it created the NVR. A refused one changes nothing.
  using Applied = tl::expected<bool, OperationError>;
  /// Why the caller's sites do not permit an operation (protocol.md, "Access control"); nothing: they do.
  std::optional<OperationError> site_refusal(const Operation& operation) const;
  bool operate(const Operation& operation);
  void refuse_operation(const Operation& operation, OperationError why);
  Applied apply(const Ingest& change);
  Applied apply(const Rename& change);
  Applied apply(const RemoveNvr& change);
  Applied apply(const RemoveCamera& change);
  Applied apply(const SetNvrStatus& change);
  Applied apply(const SetCameraStatus& change);

  // Writing (writes.cpp)
  /// Every change of `nvr_` and `pending_` is made by a draft. It is called at once, and again whenever the NVR turns
  /// out to have changed in the store (drafts.hpp). False: refused, nothing changed.
  template <class Change>
  void draft(Change change) {
    if (change() && (in_flight_ || !pending_.empty())) drafts().keep(std::move(change));
  }
  Drafts& drafts();
  void draft_again();
  void redo_drafts();
  void when_durable(Waiter waiter);
  void flush();
  /// What was changed in this turn is committed at once: an auth or a caller over HTTP waits for it.
  void commit_at_once() { urgent_ = true; }
  /// Sends a message for which the store actor must not sleep.
  template <class Message>
  void send_urgent(Message message) {
    shared_->commit_gate.announce();
    self_->send(store_, std::move(message));
  }
  void fail(const store::Error& error);
  void reload();
  /// Keeps a message until the actor can handle it.
  void stash(Stashed message);
  void unstash();
  void refuse_stashed(const store::Error& error);
  /// Ends every handler: writes what is pending; asks to passivate if nothing is left to do.
  void end_turn();
  bool is_idle() const;
  void begin_new();                                             // an NVR that is not registered yet
  bool busy() const { return !loaded_ || removing_ || claim_; } // the messages of Stashed wait

  Self self_ = nullptr;
  SharedPtr shared_;
  StoreActor store_;
  RegistryActor registry_;
  std::string hostname_;
  std::uint64_t received_ = 0; // messages from the registry

  bool loaded_ = false;
  bool load_failed_ = false; // no state until the next message, which retries the load
  bool exists_ = false;      // registered, or about to be
  bool removing_ = false;    // its removal is being written
  bool draining_ = false;
  bool redrafting_ = false; // within redo_drafts(): what is counted once has been counted
  fleet::CompactNvr nvr_;
  fleet::WallMillis seen_ = 0; // the last auth or heartbeat; never goes back
  std::vector<Stashed> stash_;

  SessionHandlePtr handle_;                  // null: no session
  bool is_repeatable_ = false;               // handle_'s last report had no invalid or unknown entry
  fleet::SessionNumber session_ = 0;         // of handle_, else of the last one: fences writes
  std::optional<fleet::Cause> grace_;        // why the session's socket closed; it may come back
  std::vector<Clock::time_point> takeovers_; // of the last minute
  std::optional<Clock::time_point> conflict_shown_;

  Pending pending_;
  bool urgent_ = false; // of commit_at_once(): for the next write
  bool in_flight_ = false;
  bool in_flight_urgent_ = false;       // the store actor knows that it must not wait with it
  std::unique_ptr<Drafts> drafts_;      // null: nothing is in flight or pending
  std::unique_ptr<StartSession> claim_; // that waits for its session; null: none
  fleet::SessionNumber elsewhere_ = 0;  // the newest session known to be another server's
};

} // namespace nvrhub::actors
