#include "actors/store/store_actor.hpp"

#include <algorithm>
#include <utility>

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

namespace nvrhub::actors {

namespace {

constexpr std::size_t max_batch = 4096; // writes per transaction: limits the wait during a storm
constexpr std::chrono::milliseconds rate_window{100};

void count(metrics::ActorCounters& counters, const fleet::Event& event) {
  counters.events[static_cast<std::size_t>(event.kind)].add();
  if (event.cause) counters.offlines[static_cast<std::size_t>(*event.cause)].add();
}

} // namespace

void StoreState::init(Self self, SharedPtr shared, FanoutActor fanout, std::shared_ptr<store::Store> store,
                      StoreOptions options) {
  self_ = self;
  shared_ = std::move(shared);
  fanout_ = std::move(fanout);
  store_ = std::move(store);
  options_ = std::move(options);
  last_liveness_ = self_->clock().now();
  liveness_until_ = shared_->now();
  self_->delayed_send(self_, options_.tick, Tick{});
}

StoreState::~StoreState() {
  if (store_) (void)record_liveness();
}

void StoreState::on(const Load& message) {
  const DeferredLoad request{message, caf::actor_cast<NvrActor>(self_->current_sender())};
  if (queued_.contains(message.hostname)) {
    deferred_loads_.push_back(request);
  } else {
    load(request);
  }
}

void StoreState::load(const DeferredLoad& request) {
  auto found = [&]() -> store::Result<std::optional<fleet::Nvr>> {
    const store::PendingOperations::Operation operation(store_->operations());
    const store::Result<store::Snapshot> snapshot = store_->snapshot();
    if (!snapshot) return tl::make_unexpected(snapshot.error());
    const auto id = snapshot->id_of(request.load.hostname);
    if (!id) return tl::make_unexpected(id.error());
    if (!*id) return std::nullopt;
    return snapshot->nvr(**id);
  }();
  if (!found && found.error().code == store::Errc::io) { // a failed commit closed the store: retried as the commit is
    deferred_loads_.push_back(request);
    return;
  }
  self_->send(request.owner,
              Loaded{std::make_shared<const store::Result<std::optional<fleet::Nvr>>>(std::move(found))});
}

void StoreState::retry_deferred_loads() {
  for (const DeferredLoad& request : std::exchange(deferred_loads_, {})) {
    queued_.contains(request.load.hostname) ? deferred_loads_.push_back(request) : load(request);
  }
}

void StoreState::on(const std::shared_ptr<WriteJob>& job) {
  queue_.push_back({job, caf::actor_cast<NvrActor>(self_->current_sender())});
  ++queued_[job->hostname];
  commit_soon();
}

void StoreState::commit_soon() {
  if (std::exchange(commit_scheduled_, true)) return;
  const auto due = commit_began_ + options_.gather;
  if (const auto now = self_->clock().now(); busy_ && now < due) {
    self_->delayed_send(self_, due - now, Commit{});
  } else {
    self_->send(self_, Commit{}); // after everything that is in the mailbox now
  }
}

void StoreState::on(const Commit&) {
  commit_scheduled_ = false;
  if (queue_.empty()) return;
  const std::size_t count = std::min(queue_.size(), max_batch);
  commit_began_ = self_->clock().now();
  for (std::size_t i = batch_.size(); i < count; ++i) {
    batch_.push_back(std::move(queue_[i].job->write));
    for (fleet::Event& event :
         batch_.back().events) // never before the last liveness record, even if the clock was set back
      event.at = std::max(event.at, liveness_until_);
  }

  std::vector<store::Result<fleet::NvrId>> outcomes;
  metrics::ActorCounters& counters = shared_->counters.local();
  const auto begin = std::chrono::steady_clock::now();
  if (const store::Result<void> committed = store_->commit(batch_, outcomes); !committed) {
    counters.commits_failed.add();
    enter_degraded(committed.error().message);
    commit_scheduled_ = true;
    self_->delayed_send(self_, options_.retry, Commit{});
    return;
  }
  counters.commit_us.observe(metrics::us_since(begin));
  counters.commit_writes.observe(count);
  leave_degraded();
  measure_rate(count);
  answer(count, outcomes);
  if (queue_.empty()) return;
  commit_scheduled_ = true; // writes beyond max_batch do not wait for `gather`
  self_->send(self_, Commit{});
}

void StoreState::measure_rate(std::size_t count) {
  rate_window_writes_ += count;
  const auto time = commit_began_ - rate_window_began_;
  if (time < rate_window) return;
  busy_ = static_cast<double>(rate_window_writes_) >= options_.busy_rate * std::chrono::duration<double>(time).count();
  rate_window_began_ = commit_began_;
  rate_window_writes_ = 0;
}

void StoreState::enter_degraded(const std::string& why) {
  if (shared_->degraded.exchange(true) || !options_.warn) return;
  options_.warn("commits fail and are retried; nothing new is shown or acknowledged until they succeed: " + why);
}

void StoreState::leave_degraded() {
  if (shared_->degraded.exchange(false) && options_.warn) options_.warn("commits succeed again");
}

void StoreState::answer(std::size_t count, std::vector<store::Result<fleet::NvrId>>& outcomes) {
  auto events = std::make_shared<std::vector<fleet::Event>>();
  metrics::ActorCounters& counters = shared_->counters.local();
  counters.store_queue.subtract(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (outcomes[i]) {
      std::move(batch_[i].events.begin(), batch_[i].events.end(), std::back_inserter(*events));
    } else {
      counters.writes_refused.add();
    }
  }
  batch_.clear();
  for (const fleet::Event& event : *events) {
    actors::count(counters, event);
    if (event.nvr_id != 0) changed_.insert(event.nvr_id);
  }
  if (!events->empty()) last_event_at_ = events->back().at;
  const fleet::Seq head = events->empty() ? shared_->head.load() : events->back().seq;
  shared_->head.store(head);
  if (!events->empty()) self_->send(fanout_, Committed{events, std::chrono::steady_clock::now()});
  for (std::size_t i = 0; i < count; ++i) {
    QueuedWrite& queued = queue_[i];
    queued.job->outcome = std::move(outcomes[i]);
    queued.job->head = head;
    if (--queued_[queued.job->hostname] == 0) queued_.erase(queued.job->hostname);
    if (queued.owner) self_->send(queued.owner, Written{std::move(queued.job)});
  }
  queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(count));
  retry_deferred_loads();
  if (options_.log_changes && !events->empty()) options_.log_changes(*events);
}

void StoreState::on(const ReserveSessions& message) {
  const auto first = store_->reserve_sessions(message.count);
  const SessionsReserved answer{first.value_or(0), first ? message.count : 0};
  self_->send(caf::actor_cast<RegistryActor>(self_->current_sender()), answer);
}

StoreActor::behavior_type store(StoreState::Self self, SharedPtr shared, FanoutActor fanout,
                                std::shared_ptr<store::Store> store, StoreOptions options) {
  self->state.init(self, std::move(shared), std::move(fanout), std::move(store), std::move(options));
  return {
      [=](const Load& message) { self->state.on(message); },
      [=](const std::shared_ptr<WriteJob>& job) { self->state.on(job); },
      [=](const ReserveSessions& message) { self->state.on(message); },
      [=](const Commit& message) { self->state.on(message); },
      [=](const Tick& message) { self->state.on(message); },
  };
}

} // namespace nvrhub::actors
