#pragma once

// Every actor's interface and every message, in the order in which a report meets them. Messages are local: they carry
// shared pointers, never leave the process and need no serialisation. Sending is `anon_send` from outside an actor.

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

#include "actors/counters.hpp"
#include "actors/log.hpp"
#include "actors/presence.hpp"
#include "fleet/event.hpp"
#include "fleet/filter.hpp"
#include "fleet/id_set.hpp"
#include "fleet/nvr.hpp"
#include "protocol/codes.hpp"
#include "protocol/decode.hpp"
#include "protocol/encode.hpp"
#include "store/store.hpp"

namespace nvrhub::actors {

// ---- what all actors share ----

struct Settings {
  bool enroll_auto = false;       // --enroll auto
  std::size_t max_cameras = 1024; // --max-cameras, per NVR
  std::chrono::milliseconds offline_grace{0};
  std::chrono::milliseconds restart_grace{90'000};
  unsigned takeovers_per_minute = 5; // --takeover-limit; more are slowed; 0: no limit
};

/// Made before the actors, outlives them; const or atomic throughout.
struct Shared {
  Settings settings;
  std::function<fleet::WallMillis()> now; // wall clock
  Log log;
  Presence presence;
  Tallies<Counters> counters;
  std::atomic<fleet::Seq> head{0};   // seq of the last committed event
  std::atomic<bool> degraded{false}; // the last commit failed and is being tried again
};
using SharedPtr = std::shared_ptr<Shared>;

// ---- sockets: what actors see of them ----

struct Attached;

/// An authenticated (or authenticating) NVR socket. Callable from any thread; never blocks, never throws; a socket that
/// is gone ignores it.
class SessionOutlet {
public:
  virtual ~SessionOutlet() = default;
  /// The session is this socket's: reports go to `session.nvr` from now on.
  virtual void attached(const Attached& session) = 0;
  /// One text frame.
  virtual void send(std::string text) = 0;
  /// The report handed over last has been reconciled; the next may come. `settled`: the NVR's number if the same report
  /// would change nothing until forget() is called, so that it need not be handed over again; else 0.
  virtual void report_taken(fleet::NvrId settled) = 0;
  /// What the cameras are was changed by others than reports, or may not have become durable.
  virtual void forget() = 0;
  virtual void close(protocol::CloseCode code) = 0;
};
using SessionOutletPtr = std::shared_ptr<SessionOutlet>;

// ---- dashboards: what the fanout sees of them ----

/// Messages as they go over the wire, made once for all who get them.
using Chunk = std::shared_ptr<const std::string>;

/// A row of chunks that many dashboards follow: the seed's feed, or what those with one filter and detail get.
using StreamId = std::uint64_t;
inline constexpr StreamId seed_feed = 0;

struct Publication {
  StreamId stream = seed_feed;
  Chunk chunk;
};

/// What a dashboard gets before it is live: the pages of a snapshot or of the events that it missed, which are made
/// elsewhere while it reads them.
class Prelude {
public:
  virtual ~Prelude() = default;
};
using PreludePtr = std::shared_ptr<Prelude>;

/// A subscription begins: `greeting`, the pages of `prelude` (null: none), `backlog`, then what the stream brings.
struct Joined {
  StreamId stream = seed_feed;
  Chunk greeting; // null: none
  PreludePtr prelude;
  std::vector<Chunk> backlog;
};

/// A dashboard's socket. Callable from any thread; never blocks, never throws. Whoever was joined leaves: it sends
/// Leave when it joins another stream or is gone.
class DashboardOutlet {
public:
  virtual ~DashboardOutlet() = default;
  virtual void joined(const Joined& joined) = 0;
};
using DashboardOutletPtr = std::shared_ptr<DashboardOutlet>;

/// What a subscription shows. Dashboards that ask for the same share all the work.
struct ViewSpec {
  fleet::Filter filter;
  protocol::Detail detail = protocol::Detail::camera;
  bool summary = false; // counts alone

  friend bool operator<(const ViewSpec& a, const ViewSpec& b) {
    return std::tie(a.filter, a.detail, a.summary) < std::tie(b.filter, b.detail, b.summary);
  }
};

/// What pages are made from. `snapshot` shows the fleet at `seq`.
struct PagesWork {
  ViewSpec view;
  std::shared_ptr<const store::Snapshot> snapshot;
  fleet::Seq seq = 0;
  std::shared_ptr<const fleet::IdSet> unconfirmed; // at `seq`
};

/// Where committed events go to be shown. Called by the fanout actor, in order; must not block.
class FeedSink {
public:
  virtual ~FeedSink() = default;
  virtual Chunk make_chunk(std::span<const std::string> messages) = 0;
  virtual void publish(std::span<const Publication> publications) = 0;
  /// Starts making the pages of a snapshot; calls `done` on any thread when they are made, or can't be.
  virtual PreludePtr make_snapshot(const PagesWork& work, std::function<void()> done) = 0;
  /// The events after `since` up to work.seq, a page at a time as the dashboard reads them.
  virtual PreludePtr make_catch_up(const PagesWork& work, fleet::Seq since) = 0;
  /// Counts what the view matches; calls `done` on any thread (nothing: it can't be read).
  virtual void count(const PagesWork& work, std::function<void(std::optional<protocol::Summary>)> done) = 0;
};

// ---- NVR actor: one per NVR that is connected or being changed; owns its cameras ----

struct Attach;      // a session was granted: reconcile its auth
struct Report;      // a heartbeat of a session
struct Closed;      // a session's socket is gone
struct GraceOver;   // --offline-grace has passed since the session's socket closed
struct Operation;   // a change over HTTP
struct Expire;      // the restart grace is over: offline, if nobody came back
struct Loaded;      // the store's answer to Load
struct Written;     // the store's answer to WriteJob
struct PassivateOk; // the registry has forgotten this actor: exit
struct Drain;       // the server stops: finish what is pending, write no offline, exit

using NvrActor =
    caf::typed_actor<caf::reacts_to<Attach>, caf::reacts_to<Report>, caf::reacts_to<Closed>, caf::reacts_to<GraceOver>,
                     caf::reacts_to<Operation>, caf::reacts_to<Expire>, caf::reacts_to<Loaded>, caf::reacts_to<Written>,
                     caf::reacts_to<PassivateOk>, caf::reacts_to<Drain>>;

// ---- registry: which actor has which NVR; hands out session numbers ----

struct Authenticate; // a socket says it is this NVR
struct Operate;      // a change over HTTP, for whichever actor has the NVR
struct Passivate;    // an NVR actor has nothing left to do
struct Renamed;      // how a rename ended
struct RestartGraceOver;
struct Reserved; // the store's answer to Reserve

using RegistryActor = caf::typed_actor<caf::reacts_to<Authenticate>, caf::reacts_to<Operate>, caf::reacts_to<Passivate>,
                                       caf::reacts_to<Renamed>, caf::reacts_to<RestartGraceOver>,
                                       caf::reacts_to<Reserved>, caf::reacts_to<Drain>>;

// ---- store: the one writer ----

struct Load;     // answer with Loaded
struct WriteJob; // commit with whatever else has queued up, then answer with Written
struct Reserve;  // answer with Reserved
struct Commit;   // to itself: the queue has been read
struct Tick;     // to itself: flush last_seen, prune the history

using StoreActor = caf::typed_actor<caf::reacts_to<Load>, caf::reacts_to<std::shared_ptr<WriteJob>>,
                                    caf::reacts_to<Reserve>, caf::reacts_to<Commit>, caf::reacts_to<Tick>>;

// ---- fanout: committed events to dashboards ----

struct Committed;   // a batch of durable events, in order
struct Subscribe;   // a dashboard asks for the state
struct FollowSites; // a dashboard that may see some sites wants their part of the seed's feed
struct Leave;       // a dashboard no longer follows a stream
struct Flush;       // to itself: it is time to tell what has gathered
struct TellMore;    // to itself: there are audiences yet to be told
struct Built;       // to itself: a snapshot's pages are made
struct Counted;     // to itself: a summary has its start

using FanoutActor = caf::typed_actor<caf::reacts_to<Committed>, caf::reacts_to<Subscribe>, caf::reacts_to<FollowSites>,
                                     caf::reacts_to<Leave>, caf::reacts_to<Flush>, caf::reacts_to<TellMore>,
                                     caf::reacts_to<Built>, caf::reacts_to<Counted>>;

// ---- the messages ----

struct Attach {
  fleet::SessionNumber session = 0;
  SessionOutletPtr outlet;
  protocol::ReportPtr report;
  std::optional<protocol::Id> id;
};

struct Report {
  fleet::SessionNumber session = 0;
  protocol::ReportPtr report; // null: a heartbeat without systemStatus, or one that repeats
  std::optional<protocol::Id> id;
  std::string repeated; // a frame that says what the session's last report said: decoded only if that no longer holds
};

struct Closed {
  fleet::SessionNumber session = 0;
  fleet::Cause cause = fleet::Cause::closed;
};

struct GraceOver {
  fleet::SessionNumber session = 0;
};

struct Expire {};
struct PassivateOk {};
struct Drain {};

struct Attached {
  NvrActor nvr;
  fleet::SessionNumber session = 0;
};

/// How an operation ended: the NVR as it is after it, once durable.
struct Done {
  bool created = false;
  fleet::Seq seq = 0;
  fleet::Nvr nvr;
};
enum class OpError : std::uint8_t { not_found, camera_not_found, taken, too_many_cameras, unavailable };
using OpResult = tl::expected<Done, OpError>;

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

struct Operation {
  using Change = std::variant<Ingest, Rename, RemoveNvr, RemoveCamera, SetNvrStatus, SetCameraStatus>;
  std::shared_ptr<const Change> change;
  std::shared_ptr<const std::function<void(const OpResult&)>> reply; // called once, on any thread
};

struct Authenticate {
  std::string hostname;
  SessionOutletPtr outlet;
  protocol::ReportPtr report;
  std::optional<protocol::Id> id;
};

struct Operate {
  std::string hostname;
  Operation operation;
};

struct Passivate {
  std::string hostname;
  std::uint64_t received = 0; // messages from the registry so far: if it has sent more, the actor stays
  NvrActor actor;
};

struct Renamed {
  std::string from;
  std::string to;
  NvrActor actor;
  bool done = false; // false: refused, the NVR keeps its name
};

struct RestartGraceOver {};

struct Reserved {
  fleet::SessionNumber first = 0;
  std::uint64_t count = 0;
};

struct Load {
  std::string hostname;
};

struct Loaded {
  std::shared_ptr<const store::Result<std::optional<fleet::Nvr>>> result;
};

/// Owned by the store actor until it answers, then by the NVR actor again: never touched by both.
struct WriteJob {
  store::Write write; // its events are gone once it is answered
  std::string hostname;
  bool removes_nvr = false;
  store::Result<fleet::NvrId> outcome;
  fleet::Seq head = 0; // the committed head that contains it
};

struct Written {
  std::shared_ptr<WriteJob> job;
};

struct Reserve {
  std::uint64_t count = 0;
};
struct Commit {};
struct Tick {};

struct Committed {
  std::shared_ptr<const std::vector<fleet::Event>> events;
  std::chrono::steady_clock::time_point at; // when the commit was done
};

struct Subscribe {
  DashboardOutletPtr outlet;
  std::shared_ptr<const protocol::Subscribe> what;
};

/// Answered as Subscribe, with no greeting.
struct FollowSites {
  DashboardOutletPtr outlet;
  std::vector<std::string> sites; // ordered
};

struct Leave {
  StreamId stream = seed_feed;
};

struct Flush {
  std::chrono::steady_clock::time_point at;
};

struct TellMore {};

struct Built {
  StreamId stream = seed_feed;
};

struct Counted {
  StreamId stream = seed_feed;
  std::optional<protocol::Summary> summary; // nothing: the store can't be read
};

} // namespace nvrhub::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::Attach)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::Report)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::Closed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::GraceOver)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::Operation)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::Expire)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::Loaded)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::Written)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::PassivateOk)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::Drain)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::Authenticate)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::Operate)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::Passivate)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::Renamed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::RestartGraceOver)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::Reserved)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::Load)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::shared_ptr<nvrhub::actors::WriteJob>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::Reserve)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::Commit)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::Tick)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::Committed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::Subscribe)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::FollowSites)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::Leave)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::Flush)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::TellMore)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::Built)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(nvrhub::actors::Counted)
