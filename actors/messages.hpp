#pragma once

/// All interfaces between actors, and between actors and sockets: every message, with its sender, its receiver and when
/// it is sent. Read it in the order of one report:
///
///   1. An NVR socket sends Authenticate to the registry. The registry sends StartSession to the NVR's actor.
///   2. The NVR actor calls SessionHandle::session_started(). From then on the socket sends Report, one at a time.
///   3. The NVR actor reconciles the report and sends a WriteJob to the store actor.
///   4. The store actor commits it, sends Committed to the fanout, then Written to the NVR actor, which acknowledges.
///   5. The fanout encodes the events and gives them to the Publisher, which sends them to the dashboards.
///
/// Changes over HTTP take the same way: Operate, Operation, WriteJob. Changes are durable before they are acknowledged
/// or published (protocol.md, "Dashboard socket").
///
/// THREADS: each actor handles one message at a time. Code outside an actor sends with `caf::anon_send`, from any
/// thread. Messages from one sender to one receiver arrive in the order of sending.
///
/// OWNERSHIP: messages are local. They carry shared pointers, never leave the process and are not serialized. What they
/// point to is const, except WriteJob.
///
/// ERRORS: a message that reads or writes the store is answered with a store::Result. A commit that fails is retried
/// until it succeeds: senders wait, `Shared::degraded` is set.
///
/// UNITS: fleet::WallMillis is milliseconds since 1970-01-01T00:00:00Z. Durations are measured with monotonic clocks.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <variant>
#include <vector>

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

#include "access/grant.hpp"
#include "actors/donated_data.hpp"
#include "actors/grace_period.hpp"
#include "actors/hostname_index.hpp"
#include "actors/log.hpp"
#include "actors/peer_states.hpp"
#include "actors/presence.hpp"
#include "actors/store/commit_gate.hpp"
#include "actors/store/replicator.hpp"
#include "actors/takeovers.hpp"
#include "actors/waiting_room.hpp"
#include "alerts/engine.hpp"
#include "fleet/event.hpp"
#include "fleet/filter.hpp"
#include "fleet/id_set.hpp"
#include "fleet/nvr.hpp"
#include "fleet/server_clock.hpp"
#include "metrics/actor_counters.hpp"
#include "protocol/codes.hpp"
#include "protocol/decode/decode.hpp"
#include "protocol/encode/encode.hpp"
#include "store/store.hpp"

namespace nvrhub::actors {

// ---- shared by all actors ----

struct Settings {
  bool enroll_auto = false;       // --enroll auto
  std::size_t max_cameras = 1024; // --max-cameras, per NVR
  std::chrono::milliseconds offline_grace{0};
  std::chrono::milliseconds restart_grace{90'000};
  unsigned takeovers_per_minute = 5; // --takeover-limit; further ones are refused with retry_after; 0: no limit
  // --commit-interval: a commit without an urgent write begins no sooner than this after the previous one, because the
  // cost of a commit depends little on the number of its writes (docs/internals/decisions/0035).
  std::chrono::milliseconds commit_interval{10};
  bool in_cluster = false; // sessions are claimed in the cluster's log, instead of numbered by the registry
};

/// State that every actor and socket reads. Created before the actors, outlives them.
/// THREADS: any; members are const, atomic or thread-safe.
struct Shared {
  Settings settings;
  std::function<fleet::WallMillis()> now;           // the server time: fleet::ServerClock
  std::function<fleet::WallMillis()> retention_now; // what --history-days counts from; 0 or empty: nothing is deleted
  std::shared_ptr<const fleet::ServerClock> clock;  // null in tests: its state is not shown
  Log log;
  Presence presence;
  HostnameIndex hostnames;
  WaitingRoom waiting{hostnames}; // NVRs that were refused as unknown
  CommitGate commit_gate;
  metrics::PerThread<metrics::ActorCounters> counters;
  std::atomic<fleet::Seq> head{0};   // seq of the last committed event
  std::atomic<bool> degraded{false}; // the last commit failed and is being retried
  /// In a cluster: whether this server's lease is alive. Nothing is acknowledged without it, unchanged reports
  /// included. Empty: a single server.
  std::function<bool()> may_serve;
  DonatedData donated;                         // in a cluster
  std::atomic<std::uint64_t> token_changes{0}; // in a cluster: writes of tokens that were applied
  Takeovers takeovers;                         // in a cluster: by other servers
  PeerStates peers;                            // in a cluster: all servers, this one included
  std::function<std::uint64_t()> dashboards;   // connected here; empty in tests
  /// Time in which the process did not run, in total: stopped, starved, or in a suspended machine. Set by an I/O
  /// thread.
  std::atomic<std::chrono::milliseconds> paused{std::chrono::milliseconds(0)};
};
using SharedPtr = std::shared_ptr<Shared>;

// ---- NVR sockets ----

struct SessionStarted;

/// An NVR socket, authenticated or authenticating.
/// THREADS: any. Never blocks, never throws; after the socket has closed, calls have no effect.
class SessionHandle {
public:
  virtual ~SessionHandle() = default;
  /// The session is this socket's: reports go to `session.nvr` from now on.
  virtual void session_started(const SessionStarted& session) = 0;
  /// The auth is refused, because `hostname` is not registered: the NVR waits, from the client's address, which the
  /// socket knows. `report` is that of the auth, `at` its time.
  virtual void wait_for_registration(const std::string& hostname, const protocol::ReportPtr& report,
                                     fleet::WallMillis at) = 0;
  /// One text frame.
  virtual void send(std::string text) = 0;
  /// The last report has been reconciled; the next may be sent. `repeatable_id`: the NVR's number if the same report
  /// would change nothing until invalidate_repeat_cache() is called, so that it need not be sent again; else 0.
  virtual void report_done(fleet::NvrId repeatable_id) = 0;
  /// The last Report was a repeat and can no longer be treated as one: decode its frame and send it as a new Report.
  /// No report_done() follows for the repeat.
  virtual void decode_repeat() = 0;
  /// The cameras were changed by something other than a report, or a change may not have become durable.
  virtual void invalidate_repeat_cache() = 0;
  virtual void close(protocol::CloseCode code) = 0;
};
using SessionHandlePtr = std::shared_ptr<SessionHandle>;

// ---- NVR actor: one per NVR that is connected or being changed; the only owner of its cameras ----

struct StartSession;
struct Report;
struct SessionClosed;
struct OfflineGraceExpired;
struct Operation;
struct RestartGraceExpired;
struct Loaded;
struct Written;
struct PassivateGranted;
struct SessionClaimed;
struct ChangedElsewhere;
struct Drain;

using NvrActor = caf::typed_actor<caf::reacts_to<StartSession>, caf::reacts_to<Report>, caf::reacts_to<SessionClosed>,
                                  caf::reacts_to<OfflineGraceExpired>, caf::reacts_to<Operation>,
                                  caf::reacts_to<RestartGraceExpired>, caf::reacts_to<Loaded>, caf::reacts_to<Written>,
                                  caf::reacts_to<PassivateGranted>, caf::reacts_to<SessionClaimed>,
                                  caf::reacts_to<ChangedElsewhere>, caf::reacts_to<Drain>>;

/// Argument of SessionHandle::session_started().
struct SessionStarted {
  NvrActor nvr;
  fleet::SessionNumber session = 0;
};

/// Registry → NVR actor: a session was granted. Its auth is reconciled, or refused (unknown hostname, takeover limit).
struct StartSession {
  fleet::SessionNumber session = 0; // 0: in a cluster, the NVR actor claims one
  SessionHandlePtr handle;
  protocol::ReportPtr report; // null: an auth without systemStatus
  std::optional<protocol::Id> id;
};

/// NVR socket → NVR actor: a heartbeat of the session. The next one is sent after report_done().
struct Report {
  fleet::SessionNumber session = 0;
  protocol::ReportPtr report; // null: a heartbeat without systemStatus, or a repeat
  std::optional<protocol::Id> id;
  bool is_repeat = false; // it repeats the session's last report, which SessionHandle::decode_repeat() would decode
};

/// NVR socket → NVR actor: the session's socket has ended. Ignored if a newer session has replaced it.
struct SessionClosed {
  fleet::SessionNumber session = 0;
  fleet::Cause cause = fleet::Cause::closed;
  std::chrono::milliseconds grace{0}; // after a pause of the server, at least this offline grace applies
};

/// NVR actor → itself: the offline grace has passed since the session's socket closed.
struct OfflineGraceExpired {
  fleet::SessionNumber session = 0;
  GracePeriod period;
};

/// An operation that succeeded: the NVR after it, durable at `seq`.
struct OperationDone {
  bool created = false; // the NVR is new
  fleet::Seq seq = 0;
  fleet::Nvr nvr;
};
enum class OperationError : std::uint8_t {
  not_found,
  camera_not_found,
  hostname_taken, // another NVR has the new hostname
  too_many_cameras,
  other_site,  // the caller is limited to some sites, and the NVR would be of another one
  unavailable, // the server stops, a rename to this hostname is in progress, or the store refused the write
};
using OperationResult = tl::expected<OperationDone, OperationError>;

struct Ingest {
  protocol::Registration registration;
};
struct Rename {
  std::string hostname;
};
struct RemoveNvr {};
struct RemoveCamera {
  std::string name;
};
struct SetNvrStatus {
  bool online = false;
};
struct SetCameraStatus {
  std::string name;
  fleet::Status status;
};

/// Registry → NVR actor: a change over HTTP (protocol.md, "HTTP").
struct Operation {
  using Change = std::variant<Ingest, Rename, RemoveNvr, RemoveCamera, SetNvrStatus, SetCameraStatus>;
  std::shared_ptr<const Change> change;
  std::shared_ptr<const std::function<void(const OperationResult&)>> reply; // called once, on any thread
  access::GrantPtr grant; // limits it to the caller's sites; null: no limit
};

/// Registry → NVR actor: the restart grace is over. An NVR that is still unconfirmed goes offline.
struct RestartGraceExpired {};

/// Registry → NVR actor, the answer to Passivate: the registry no longer refers to this actor; exit.
struct PassivateGranted {};

/// Server → registry → every NVR actor: the server stops. Pending changes are written, no offline is, then actors exit.
struct Drain {};

// ---- registry: maps hostnames to NVR actors, issues session numbers ----

struct Authenticate;
struct Operate;
struct Passivate;
struct Renamed;
struct RestartGraceTimer;
struct SessionsReserved;

using RegistryActor =
    caf::typed_actor<caf::reacts_to<Authenticate>, caf::reacts_to<Operate>, caf::reacts_to<Passivate>,
                     caf::reacts_to<Renamed>, caf::reacts_to<RestartGraceTimer>, caf::reacts_to<SessionsReserved>,
                     caf::reacts_to<ChangedElsewhere>, caf::reacts_to<Drain>>;

/// NVR socket → registry: an auth whose token permits the hostname. The registry grants a session or refuses it.
struct Authenticate {
  std::string hostname;
  SessionHandlePtr handle;
  protocol::ReportPtr report;
  std::optional<protocol::Id> id;
};

/// HTTP handler → registry: forward `operation` to the actor of this NVR.
struct Operate {
  std::string hostname;
  Operation operation;
};

/// NVR actor → registry: nothing is left to do.
struct Passivate {
  std::string hostname;
  std::uint64_t received = 0; // messages from the registry so far; if it has sent more, the request is ignored
  NvrActor actor;
};

/// NVR actor → registry: a rename has ended.
struct Renamed {
  std::string from;
  std::string to;
  NvrActor actor;
  bool done = false; // false: refused, the NVR keeps its hostname
};

/// Registry → itself: --restart-grace has passed since the start.
struct RestartGraceTimer {
  GracePeriod period;
};

/// Store actor → registry, the answer to ReserveSessions: [first, first + count) are the registry's.
struct SessionsReserved {
  fleet::SessionNumber first = 0;
  std::uint64_t count = 0; // 0: the store could not write
};

/// Store actor → registry → the NVR's actor, if there is one, in a cluster: another server has changed the NVR, or
/// claimed a session of it. Sent after the answers to writes that were applied before.
struct ChangedElsewhere {
  std::string hostname;             // before the change
  fleet::NvrVersion version = 0;    // after it; 0: it has this hostname no longer
  fleet::SessionNumber session = 0; // that was claimed; 0: none
};

// ---- store actor: the only writer to the store ----

struct Load;
struct WriteJob;
struct CommitNow;
struct FollowCommits;
struct AskWatermark;
struct ReserveSessions;
struct Commit;
struct Tick;
struct ClaimSession;
struct FollowNvrs;
struct Delivered;
struct LostOrigins;
struct Vanished;
struct Fenced;
struct AskLead;

using StoreActor =
    caf::typed_actor<caf::reacts_to<Load>, caf::reacts_to<std::shared_ptr<WriteJob>>, caf::reacts_to<CommitNow>,
                     caf::reacts_to<FollowCommits>, caf::reacts_to<AskWatermark>, caf::reacts_to<ReserveSessions>,
                     caf::reacts_to<Commit>, caf::reacts_to<Tick>, caf::reacts_to<ClaimSession>,
                     caf::reacts_to<FollowNvrs>, caf::reacts_to<Delivered>, caf::reacts_to<LostOrigins>,
                     caf::reacts_to<Vanished>, caf::reacts_to<Fenced>, caf::reacts_to<AskLead>>;

/// NVR actor → store actor, when it starts and after a refused write. Answered after queued writes of the hostname.
/// Announced to the CommitGate, as are CommitNow and an urgent WriteJob.
struct Load {
  std::string hostname;
};

/// Store actor → NVR actor, the answer to Load. `nullopt`: no NVR is registered under the hostname.
struct Loaded {
  std::shared_ptr<const store::Result<std::optional<fleet::Nvr>>> result;
};

/// NVR actor or alert actor → store actor: commit with all other queued writes, then answer with Written.
/// OWNERSHIP: the store actor's until it answers, then the sender's again; never accessed by both.
struct WriteJob {
  store::Write write; // its events are moved out by the commit
  std::string hostname;
  bool removes_nvr = false;
  bool urgent = false; // somebody waits for it: an auth or a change over HTTP. It does not wait for --commit-interval
  store::Result<fleet::NvrId> outcome;
  fleet::NvrVersion version = 0; // of the NVR after the write
  fleet::Seq head = 0;           // the committed head that contains it
};

/// Store actor → the sender of the WriteJob: the write is durable, or refused (`outcome`).
struct Written {
  std::shared_ptr<WriteJob> job;
};

/// NVR actor → store actor: its queued write, which was not urgent, has become so.
struct CommitNow {};

/// Alert actor → store actor, when it starts: it receives Committed from now on.
struct FollowCommits {};

/// Alert actor → store actor: events that arrive after this get a time after `at`. Answered with Watermark when those
/// that arrived before are committed.
struct AskWatermark {
  fleet::WallMillis at = 0;
};

/// Store actor → alert actor: it has been sent every event with a time up to `at`; no further one comes.
struct Watermark {
  fleet::WallMillis at = 0;
};

/// Registry → store actor, when half of its session numbers are issued.
struct ReserveSessions {
  std::uint64_t count = 0;
};

/// Store actor → itself: begin a commit; all messages that arrived earlier have been handled. Ignored if the commit
/// has been scheduled for another time since.
struct Commit {
  std::chrono::steady_clock::time_point due;
};
/// Store actor → itself: write a liveness record, prune the history, write checkpoints.
struct Tick {};

// Only in a cluster:

/// NVR actor → store actor: claim a session in the log. Announced to the CommitGate. Answered with SessionClaimed.
struct ClaimSession {
  std::string hostname;
};

/// Store actor → NVR actor, the answer to ClaimSession.
struct SessionClaimed {
  std::shared_ptr<const store::Result<store::Claimed>> result;
};

/// Registry → store actor, when it starts: it receives ChangedElsewhere from now on.
struct FollowNvrs {};

/// Replicator → store actor: entries have arrived, see Replicator::take().
struct Delivered {};

/// Replicator → store actor, the answer to Replicator::find_lost().
struct LostOrigins {
  std::vector<store::Origin> lost;
};

/// Replicator → store actor: the lease of another server has ended.
struct Vanished {};

/// Replicator → store actor: this server's lease is lost. What is queued is refused, as is all that comes.
struct Fenced {};

/// Alert actor → store actor, when it starts. Answered with Lead once this server is the one that joined first, of
/// those that live: it decides about alerts for all, until its lease is lost.
struct AskLead {};

// ---- dashboards ----

/// Messages encoded as WebSocket frames, shared by all dashboards that receive them.
using Chunk = std::shared_ptr<const std::string>;

/// A sequence of chunks that many dashboards follow: the legacy feed, or the messages of one subscription group.
using StreamId = std::uint64_t;
inline constexpr StreamId legacy_feed = 0;

struct Publication {
  StreamId stream = legacy_feed;
  Chunk chunk;
};

/// What a dashboard gets before it is live: the pages of a snapshot, or of the events that it missed. They are built on
/// another thread while the dashboard reads them.
class InitialPages {
public:
  virtual ~InitialPages() = default;
};
using InitialPagesPtr = std::shared_ptr<InitialPages>;

/// The start of a subscription. A dashboard gets `subscribed`, `initial_pages`, `backlog`, then what the stream brings.
struct Joined {
  StreamId stream = legacy_feed;
  Chunk subscribed;              // null: none
  InitialPagesPtr initial_pages; // null: none
  std::vector<Chunk> backlog;
};

/// A dashboard's socket. A dashboard that was joined sends Unfollow when it joins another stream or closes.
/// THREADS: any. Never blocks, never throws; after the socket has closed, calls have no effect.
class DashboardHandle {
public:
  virtual ~DashboardHandle() = default;
  virtual void joined(const Joined& joined) = 0;
};
using DashboardHandlePtr = std::shared_ptr<DashboardHandle>;

/// What a subscription shows. Dashboards with equal specs form a subscription group and share all work.
struct SubscriptionSpec {
  fleet::Filter filter;
  protocol::Detail detail = protocol::Detail::camera;
  bool summary = false; // only counts
  bool alerts = false;  // with the events of kind alert

  /// Whether the subscription shows this event of kind alert.
  bool shows_alert(const fleet::Event& event) const { return alerts && filter.matches_alert(event); }

  friend bool operator<(const SubscriptionSpec& a, const SubscriptionSpec& b) {
    return std::tie(a.filter, a.detail, a.summary, a.alerts) < std::tie(b.filter, b.detail, b.summary, b.alerts);
  }
};

/// What initial pages and summaries are computed from: the fleet at `seq`.
struct PageInput {
  SubscriptionSpec spec;
  std::shared_ptr<const store::Snapshot> snapshot;
  fleet::Seq seq = 0;
  std::shared_ptr<const fleet::IdSet> unconfirmed; // at `seq`
};

/// Delivers committed events to the dashboards.
/// THREADS: called by the fanout actor only, in order of `seq`; must not block. Callbacks may run on any thread.
class Publisher {
public:
  virtual ~Publisher() = default;
  virtual Chunk make_chunk(std::span<const std::string> messages) = 0;
  virtual void publish(std::span<const Publication> publications) = 0;
  /// Starts to build the pages of a snapshot. Calls `done` when they are built or building them has failed.
  virtual InitialPagesPtr make_snapshot(const PageInput& input, std::function<void()> done) = 0;
  /// The events after `since` up to input.seq. Each page is built when the dashboard asks for it.
  virtual InitialPagesPtr make_catch_up(const PageInput& input, fleet::Seq since) = 0;
  /// Counts what the spec matches and calls `done`, with `nullopt` if the store cannot be read.
  virtual void count(const PageInput& input, std::function<void(std::optional<protocol::Summary>)> done) = 0;
};

// ---- fanout: publishes committed events to dashboards ----

struct Committed;
struct Subscribe;
struct FollowSites;
struct Unfollow;
struct FlushBatches;
struct ContinueFlush;
struct PagesBuilt;
struct SummaryCounted;
struct NvrsUnconfirmed;

using FanoutActor =
    caf::typed_actor<caf::reacts_to<Committed>, caf::reacts_to<Subscribe>, caf::reacts_to<FollowSites>,
                     caf::reacts_to<Unfollow>, caf::reacts_to<FlushBatches>, caf::reacts_to<ContinueFlush>,
                     caf::reacts_to<PagesBuilt>, caf::reacts_to<SummaryCounted>, caf::reacts_to<NvrsUnconfirmed>>;

/// Store actor → fanout and alert actor: a batch of durable events, in order of `seq`, without gap to the previous
/// batch.
struct Committed {
  std::shared_ptr<const std::vector<fleet::Event>> events;
  std::chrono::steady_clock::time_point at; // end of the commit
};

/// Store actor of a cluster → fanout: a server was lost, which held these NVRs; Presence says which are not back yet.
struct NvrsUnconfirmed {
  std::shared_ptr<const std::vector<fleet::NvrId>> ids;
};

/// Dashboard socket → fanout: a `subscribe` message. Answered with DashboardHandle::joined().
struct Subscribe {
  DashboardHandlePtr handle;
  std::shared_ptr<const protocol::Subscribe> request;
};

/// Dashboard socket → fanout: its token permits some sites only; it follows their part of the legacy feed. Answered
/// with joined(), without a `subscribed` message.
struct FollowSites {
  DashboardHandlePtr handle;
  std::vector<std::string> sites; // ordered
};

/// Dashboard socket → fanout: it no longer follows the stream.
struct Unfollow {
  StreamId stream = legacy_feed;
};

/// Fanout → itself: publish the events collected in the subscription groups.
struct FlushBatches {
  std::chrono::steady_clock::time_point at;
};

/// Fanout → itself: a flush has groups left.
struct ContinueFlush {};

/// Pages thread → fanout: a snapshot's pages are built, or could not be.
struct PagesBuilt {
  StreamId stream = legacy_feed;
};

/// Pages thread → fanout: the initial counts of a summary.
struct SummaryCounted {
  StreamId stream = legacy_feed;
  std::optional<protocol::Summary> summary; // nullopt: the store cannot be read
};

// ---- alert actor: decides about alerts ----

struct ChangeAlerts;
struct AdvanceAlerts;
struct Posted;
struct Lead;

using AlertActor = caf::typed_actor<caf::reacts_to<Committed>, caf::reacts_to<Written>, caf::reacts_to<Watermark>,
                                    caf::reacts_to<ChangeAlerts>, caf::reacts_to<AdvanceAlerts>, caf::reacts_to<Posted>,
                                    caf::reacts_to<Lead>>;

/// Replaces all rules.
struct SetRules {
  std::vector<alerts::Rule> rules;
};
/// Adds a maintenance window, or replaces the one with the same id.
struct PutWindow {
  alerts::MaintenanceWindow window;
};
using Sites = std::optional<std::vector<std::string>>; // those that the caller may see, sorted; nullopt: all
/// Ends a maintenance window now, or removes one that has not begun.
struct EndWindow {
  std::string id;
  Sites sites{};
};
struct Acknowledge {
  alerts::AlertId id = 0;
  std::string who;
  std::string note;
  Sites sites{};
};

enum class AlertsError : std::uint8_t {
  not_found,   // no such window, or no such alert that fires or is pending
  too_many,    // maintenance windows
  unavailable, // the store cannot be read now, or the server stops
};
using AlertsResult = tl::expected<void, AlertsError>;

/// HTTP handler → alert actor.
struct ChangeAlerts {
  using Change = std::variant<SetRules, PutWindow, EndWindow, Acknowledge>;
  std::shared_ptr<const Change> change;
  std::shared_ptr<const std::function<void(AlertsResult)>> reply; // called once, on any thread, when it is durable
};

/// Alert actor → itself: a deadline of its engine. Ignored if another has been scheduled since.
struct AdvanceAlerts {
  std::uint64_t number = 0;
};

/// Thread of the channels → alert actor: what came of a request.
struct Posted {
  std::shared_ptr<const std::function<void()>> function;
};

/// Store actor → alert actor, the answer to AskLead.
struct Lead {};

} // namespace nvrhub::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::StartSession)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::Report)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::SessionClosed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::OfflineGraceExpired)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::Operation)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::RestartGraceExpired)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::Loaded)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::Written)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::PassivateGranted)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::Drain)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::Authenticate)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::Operate)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::Passivate)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::Renamed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::RestartGraceTimer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::SessionsReserved)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::Load)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::shared_ptr<nvrhub::actors::WriteJob>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::CommitNow)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::FollowCommits)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::AskWatermark)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::Watermark)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::ChangeAlerts)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::AdvanceAlerts)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::Posted)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::ReserveSessions)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::Commit)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::Tick)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::ClaimSession)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::SessionClaimed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::ChangedElsewhere)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::FollowNvrs)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::Delivered)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::LostOrigins)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::Vanished)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::Fenced)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::AskLead)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::Lead)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::Committed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::Subscribe)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::FollowSites)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::Unfollow)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::FlushBatches)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::ContinueFlush)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::NvrsUnconfirmed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::PagesBuilt)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::SummaryCounted)
