#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <caf/actor_clock.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/messages.hpp"
#include "store/store.hpp"

namespace nvrhub::actors {

struct StoreOptions {
  // A liveness record is written this often. With some delay included, at most 5 s of a killed run are unobserved.
  std::chrono::milliseconds tick{4'000};
  std::chrono::hours history{90 * 24};  // --history-days; 0: for ever
  std::chrono::milliseconds retry{250}; // after a failed commit
  // The cost of a commit depends little on the number of its writes. At this many writes a second or more, a commit
  // begins no sooner than `gather` after the previous one (docs/internals/decisions/0022), even for an urgent write.
  double busy_rate = 2'000;
  std::chrono::milliseconds gather{5};
  // Waits on the CommitGate instead of a timer. REQUIRES: the actor is detached.
  bool may_sleep = false;
  // Calls `send`, which sends messages to other actors, so that they wake each thread up once. Empty: just calls it.
  std::function<void(const std::function<void()>& send)> send_together;
  std::function<void(const std::string&)> warn; // log of commits that start or stop failing
  // Receives the events of each commit, in order, after the fanout and the NVR actors were sent theirs.
  std::function<void(std::span<const fleet::Event>)> log_changes;
};

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
  void send_watermarks(std::size_t count); // `count`: writes that have left the queue
  void send_answers(std::size_t count, std::vector<store::Result<fleet::NvrId>>& outcomes,
                    const std::shared_ptr<const std::vector<fleet::Event>>& events);
  void commit_soon(bool urgent);
  void schedule_commit(TimePoint at);
  void measure_rate(std::size_t count); // `count`: writes of the last commit
  void enter_degraded(const std::string& why);
  void leave_degraded();
  void load(const DeferredLoad& request);
  void retry_deferred_loads();

  // Maintenance (maintenance.cpp)
  bool record_liveness(); // false: it could not be written
  bool prune();           // true: more is left
  bool checkpoint();      // true: more NVRs are left
  fleet::WallMillis history_begin() const;
  fleet::WallMillis retention_now() const;

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
};

/// The only writer to the store. A commit contains all writes that are queued when it begins: at once if a write is
/// urgent or the previous commit is older than --commit-interval, else at the end of that interval. After it, in this
/// order, the events are sent to the fanout and the NVR actors are answered. In between it writes liveness records,
/// prunes the history and writes checkpoints. When it ends it commits what is queued.
///
/// THREADS: spawn it detached, because it blocks in fsync.
/// ERRORS: a failed commit is retried until it succeeds; its senders only wait longer. Meanwhile Shared::degraded is
/// set
///   and `options.warn` has been called once.
StoreActor::behavior_type store(StoreState::Self self, SharedPtr shared, FanoutActor fanout,
                                std::shared_ptr<store::Store> store, StoreOptions options);

} // namespace nvrhub::actors
