#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <caf/actor_clock.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/messages.hpp"
#include "store/entry/entry.hpp"
#include "store/store.hpp"

namespace nvrhub::actors {

struct StoreOptions {
  // A liveness record is written this often. With some delay included, at most 5 s of a killed run are unobserved.
  std::chrono::milliseconds tick{4'000};
  std::chrono::hours history{90 * 24};  // --history-days; 0: for ever
  std::chrono::milliseconds retry{250}; // after a failed commit
  // In a cluster the log keeps what was appended in this time: a server that starts from a backup needs it.
  std::chrono::minutes log_kept{10};
  // The cost of a commit depends little on the number of its writes. At this many writes a second or more, a commit
  // begins no sooner than `gather` after the previous one (docs/internals/decisions/0022), even for an urgent write.
  double busy_rate = 2'000;
  std::chrono::milliseconds gather{5};
  // Waits on the CommitGate instead of a timer. REQUIRES: the actor is detached.
  bool may_sleep = false;
  // Calls `send`, which sends messages to other actors, so that they wake each thread up once. Empty: just calls it.
  std::function<void(const std::function<void()>& send)> send_together;
  std::function<void(const std::string&)> warn; // log of commits that start or stop failing
  // The cluster's log. Null: a single server.
  Replicator* replicator = nullptr;
  // Receives the events of each commit, in order, after the fanout and the NVR actors were sent theirs.
  std::function<void(std::span<const fleet::Event>)> log_changes;
};

/// Events that are pruned at once: about 20 ms of the writer.
inline constexpr std::uint64_t prune_slice = 500;

class StoreState {
public:
  using Self = StoreActor::stateful_pointer<StoreState>;

  ~StoreState();
  void init(Self self, SharedPtr shared, FanoutActor fanout, std::shared_ptr<store::Store> store, StoreOptions options);

  void on(const Load& message);
  void on(const std::shared_ptr<WriteJob>& job);
  void on(const CommitNow& message);
  void on(const FollowCommits& message);
  void on(const AskWatermark& message);
  void on(const ReserveSessions& message);
  void on(const Commit& message);
  void on(const Tick& message);
  void on(const ClaimSession& message);
  void on(const FollowNvrs& message);
  void on(const Delivered& message);
  void on(const LostOrigins& message);
  void on(const Vanished& message);
  void on(const Fenced& message);
  void on(const AskLead& message);

private:
  struct DeferredLoad {
    Load load;
    NvrActor owner;
  };
  using Writer = caf::typed_actor<caf::reacts_to<Written>>; // an NVR actor or the alert actor
  struct QueuedWrite {
    std::shared_ptr<WriteJob> job;
    Writer owner; // null: no answer is sent
  };

  using TimePoint = caf::actor_clock::time_point;

  bool commit(); // the first jobs of queue_. False: it failed
  void answer(std::size_t count, std::vector<store::Result<fleet::NvrId>>& outcomes);
  using Events = std::shared_ptr<const std::vector<fleet::Event>>;
  Events take_events(const std::vector<store::Result<fleet::NvrId>>& outcomes); // of batch_, which it clears
  void publish(const Events& events);
  void send_watermarks(std::size_t count); // `count`: writes that have left the queue
  void send_answers(std::size_t count, std::vector<store::Result<fleet::NvrId>>& outcomes, const Events& events);
  void commit_soon(bool urgent);
  void schedule_commit(TimePoint at);
  void measure_rate(std::size_t count); // `count`: writes of the last commit
  void enter_degraded(const std::string& why);
  void leave_degraded();
  void load(const DeferredLoad& request);
  void retry_deferred_loads();

  // Maintenance (maintenance.cpp)
  store::LivenessRecord liveness(TimePoint now);
  void liveness_taken(const store::LivenessRecord& record, TimePoint now); // written, or on its way
  bool record_liveness();                                                  // false: it could not be written
  bool prune();                                                            // true: more is left
  bool checkpoint();                                                       // true: more NVRs are left
  fleet::WallMillis history_begin() const;
  fleet::WallMillis retention_now() const;

  // In a cluster (proposals.cpp, replication.cpp): what is queued is appended to its log, one entry at a time, and
  // applied with all others when the log delivers it.
  enum class Kind : std::uint8_t { claims, batch, other };
  struct OwnEntry { // appended, not delivered yet
    Kind kind = Kind::other;
    std::size_t count = 0; // of the first claims or jobs that it contains
  };
  struct QueuedClaim {
    std::string hostname;
    NvrActor owner;
  };
  void load_hostnames();
  void propose();
  bool propose_claims();
  bool propose_batch();
  bool propose_other();
  void propose_for_watermarks();
  bool append(OwnEntry entry, std::string bytes);
  void apply_delivered();
  void take_applied(const DeliveredEntry& entry, store::Applied applied);
  void take_own(store::Applied& applied);
  void take_elsewhere(store::Applied& applied);
  void note_claims(const store::Applied& applied);
  void note_changes(const store::Applied& applied, bool is_own);
  void refuse_queued();

  // Members of the cluster (membership.cpp)
  struct Origins {
    std::vector<store::Origin> live;   // others that have joined and are not lost
    std::vector<store::Entry> expired; // entries for the lost ones whose grace is over
    bool is_oldest = false;            // no other has joined earlier than this one
  };
  std::optional<Origins> read_origins(const store::Snapshot& snapshot);
  void maintain_replicated();
  bool grace_is_over(const store::Origin& origin, const store::OriginState& state);
  void queue_liveness(const store::Snapshot& snapshot);
  void compare_stores(const store::Origin& sender, const store::Applied& applied);
  void queue_retention(const store::Snapshot& snapshot);
  void trim(const store::Snapshot& snapshot, const std::vector<store::Origin>& live);
  void lead();
  void note_lost(const std::vector<store::Origin>& lost);

  Self self_ = nullptr;
  SharedPtr shared_;
  FanoutActor fanout_;
  AlertActor alerts_; // null: none follows
  std::shared_ptr<store::Store> store_;
  StoreOptions options_;
  std::vector<QueuedWrite> queue_;
  // Asked for by the alert actor; each is sent when so many writes of queue_ are committed.
  struct PendingWatermark {
    fleet::WallMillis at = 0;
    std::size_t writes = 0;
    std::uint64_t proposed = 0; // in a cluster: an own entry that is proposed later has to be applied first
  };
  std::vector<PendingWatermark> watermarks_;
  fleet::WallMillis last_watermark_ = 0; // events get later times
  std::vector<store::Write> batch_;      // the writes of the first jobs of queue_, during a commit and its retries
  std::unordered_map<std::string, std::size_t> queued_; // writes in queue_ by hostname
  // Loads that wait for a write of the same NVR, whose previous actor ended before the answer, or for a store that
  // cannot be read now.
  std::vector<DeferredLoad> deferred_loads_;
  std::optional<TimePoint> commit_due_;   // of the Commit message that counts
  std::optional<TimePoint> commit_began_; // the last one
  TimePoint rate_window_began_{};
  std::size_t rate_window_writes_ = 0;
  bool busy_ = false;                        // the write rate is at least options_.busy_rate
  std::unordered_set<fleet::NvrId> changed_; // since their checkpoints were last examined
  TimePoint last_liveness_{};                // time of the last liveness record
  fleet::WallMillis liveness_until_ = 0;     // the wall time in it
  fleet::WallMillis last_event_at_ = 0;      // of this actor's commits

  // In a cluster
  RegistryActor registry_; // null: none follows
  std::deque<QueuedClaim> claims_;
  std::deque<store::Entry> others_; // liveness, members, retention
  std::optional<OwnEntry> own_;
  std::deque<std::string> parts_; // of own_, which are not appended yet
  Kind last_kind_ = Kind::other;
  std::vector<DeliveredEntry> delivered_; // not applied, because the store failed
  std::unordered_map<fleet::NvrId, std::string> hostname_of_;
  bool urgent_queued_ = false; // a job of queue_ must not wait
  bool is_fenced_ = false;
  std::map<store::Origin, store::LogPosition> applied_by_; // by their liveness
  struct TrimPoint {
    TimePoint at{};
    store::LogPosition position = 0; // all had applied then
  };
  std::deque<TrimPoint> trim_points_;
  bool is_first_liveness_ = true;
  struct Grace {
    TimePoint began{};
    std::chrono::milliseconds paused{0}; // Shared::paused then
  };
  std::map<store::Origin, Grace> graces_; // of lost servers, as this one has seen them
  std::set<store::Origin> differing_;     // servers whose stores differ from this one
  bool retries_ = false;                  // the store failed: a Delivered is on its way
  std::uint64_t proposed_ = 0;            // entries
  AlertActor waiting_to_lead_;            // null: none waits
};

/// The only writer to the store. A commit contains all writes that are queued when it begins: at once if a write is
/// urgent or the previous commit is older than --commit-interval, else at the end of that interval. After it, in this
/// order, the events are sent to the fanout and the NVR actors are answered. In between it writes liveness records,
/// prunes the history and writes checkpoints. When it ends it commits what is queued.
///
/// In a cluster a commit is an entry that this actor appends to the log. It applies all entries that the log delivers,
/// in their order: it answers its own, and publishes the events of all.
///
/// THREADS: spawn it detached, because it blocks in fsync.
/// ERRORS: a failed commit is retried until it succeeds; its senders only wait longer. Meanwhile Shared::degraded is
/// set
///   and `options.warn` has been called once.
StoreActor::behavior_type store(StoreState::Self self, SharedPtr shared, FanoutActor fanout,
                                std::shared_ptr<store::Store> store, StoreOptions options);

} // namespace nvrhub::actors
