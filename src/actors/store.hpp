#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <caf/actor_clock.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/interfaces.hpp"
#include "store/store.hpp"

namespace nvrhub::actors {

struct StoreOptions {
  // A mark is written this often: some slowness included, no more than 5 s of a run that was killed are unknown.
  std::chrono::milliseconds tick{4'000};
  std::chrono::hours history{90 * 24};  // --history-days; 0: for ever
  std::chrono::milliseconds retry{250}; // after a failed commit
  // What a commit costs hardly depends on how much it holds. So while there are this many writes a second, one begins
  // no sooner than `gather` after the one before (decisions/0022).
  double busy_rate = 2'000;
  std::chrono::milliseconds gather{5};
  std::function<void(const std::string&)> warn; // for the log; called when commits start and stop failing
};

class StoreState {
public:
  using Self = StoreActor::stateful_pointer<StoreState>;

  ~StoreState();
  void init(Self self, SharedPtr shared, FanoutActor fanout, std::shared_ptr<store::Store> store, StoreOptions options);

  void on(const Load& message);
  void on(const std::shared_ptr<WriteJob>& job);
  void on(const Reserve& message);
  void on(const Commit& message);
  void on(const Tick& message);

private:
  struct WaitingLoad {
    Load load;
    NvrActor owner;
  };
  struct Waiting {
    std::shared_ptr<WriteJob> job;
    NvrActor owner;
  };

  void answer(std::size_t count, std::vector<store::Result<fleet::NvrId>>& outcomes);
  void commit_soon();
  void look_at_rate(std::size_t count); // of writes, when so many were committed
  void failing(const std::string& why); // the disk does not take what is written
  void working();
  void load(const WaitingLoad& wanted);
  void load_waiting();
  bool mark();       // false: it could not be written
  bool prune();      // true: there is more to prune
  bool checkpoint(); // true: there are more NVRs to look at
  fleet::WallMillis history_begin() const;

  Self self_ = nullptr;
  SharedPtr shared_;
  FanoutActor fanout_;
  std::shared_ptr<store::Store> store_;
  StoreOptions options_;
  std::vector<Waiting> queue_;
  std::vector<store::Write> batch_;                     // of the first jobs of queue_, while a commit is tried
  std::unordered_map<std::string, std::size_t> queued_; // hostnames in queue_, and how often
  // Behind a write of the same NVR, whose last owner died before the answer; or behind a store that can't be read now.
  std::vector<WaitingLoad> waiting_loads_;
  bool commit_scheduled_ = false;
  caf::actor_clock::time_point begun_{}; // the last commit
  caf::actor_clock::time_point counted_from_{};
  std::size_t counted_ = 0; // writes since then
  bool busy_ = false;
  std::unordered_set<fleet::NvrId> changed_; // since their checkpoints were last looked at
  caf::actor_clock::time_point marked_{};    // the last mark, and up to what time it tells of
  fleet::WallMillis marked_upto_ = 0;
  fleet::WallMillis last_event_at_ = 0; // of those that this actor committed
};

/// The one writer. Spawn it detached: it blocks in fsync. Whatever queued up while the last commit synced goes into the
/// next; then, in this order, the events go to the fanout and the owners are answered. A commit that fails is tried
/// again until it works: owners only see a slow one.
StoreActor::behavior_type store(StoreState::Self self, SharedPtr shared, FanoutActor fanout,
                                std::shared_ptr<store::Store> store, StoreOptions options);

} // namespace nvrhub::actors
