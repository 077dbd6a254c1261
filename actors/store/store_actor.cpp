#include "actors/store/store_actor.hpp"

#include <algorithm>
#include <utility>

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

namespace nvrhub::actors {

namespace {

constexpr std::size_t max_batch = 4096; // writes per transaction: limits the wait during a storm
constexpr std::chrono::milliseconds rate_window{100};
constexpr std::chrono::milliseconds max_sleep{20}; // a message that is not announced waits as long

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
  if (options_.replicator) load_hostnames();
  self_->delayed_send(self_, options_.tick, Tick{});
}

StoreState::~StoreState() {
  if (!store_ || options_.replicator) return; // what is queued in a cluster needs its log
  while (!queue_.empty() && commit()) {
  }
  (void)record_liveness();
}

void StoreState::on(const Load& message) {
  shared_->commit_gate.arrived();
  const DeferredLoad request{message, caf::actor_cast<NvrActor>(self_->current_sender())};
  if (queued_.contains(message.hostname)) {
    deferred_loads_.push_back(request);
    commit_soon(true);
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
  const bool urgent = job->urgent;
  for (fleet::Event& event : job->write.events) { // those of alerts are what the watermark was asked for
    if (event.kind != fleet::Kind::alert) event.at = std::max(event.at, last_watermark_ + 1);
  }
  if (urgent) shared_->commit_gate.arrived();
  queue_.push_back({job, caf::actor_cast<Writer>(self_->current_sender())});
  ++queued_[job->hostname];
  urgent_queued_ = urgent_queued_ || urgent;
  is_fenced_ ? refuse_queued() : commit_soon(urgent);
}

void StoreState::on(const FollowCommits&) {
  alerts_ = caf::actor_cast<AlertActor>(self_->current_sender());
}

void StoreState::on(const AskWatermark& message) {
  last_watermark_ = std::max(last_watermark_, message.at);
  watermarks_.push_back({message.at, queue_.size(), proposed_});
  send_watermarks(0);
  if (options_.replicator) propose_for_watermarks();
}

void StoreState::send_watermarks(std::size_t count) {
  std::erase_if(watermarks_, [&](PendingWatermark& pending) {
    pending.writes -= std::min(pending.writes, count);
    // In a cluster what other servers have reported may be on its way, e.g. while etcd is away.
    const bool waits = pending.writes != 0 || (options_.replicator && (own_ || proposed_ == pending.proposed));
    if (!waits && alerts_) self_->send(alerts_, Watermark{pending.at});
    return !waits;
  });
}

void StoreState::on(const CommitNow&) {
  shared_->commit_gate.arrived();
  urgent_queued_ = true;
  if (!queue_.empty()) commit_soon(true); // it may have been committed meanwhile
}

void StoreState::commit_soon(bool urgent) {
  if (!batch_.empty()) return; // a failed commit waits for its retry
  const auto interval = std::max(urgent ? std::chrono::milliseconds(0) : shared_->settings.commit_interval,
                                 busy_ ? options_.gather : std::chrono::milliseconds(0));
  schedule_commit(commit_began_ ? *commit_began_ + interval : self_->clock().now());
}

void StoreState::schedule_commit(TimePoint at) {
  const TimePoint now = self_->clock().now();
  const TimePoint due = std::max(at, now);
  if (commit_due_ && *commit_due_ <= due) return;
  commit_due_ = due;
  if (due > now && options_.may_sleep && due - now <= max_sleep) shared_->commit_gate.sleep_until(due);
  if (const TimePoint awake = self_->clock().now(); due > awake) { // also if an urgent message is about to arrive
    self_->delayed_send(self_, due - awake, Commit{due});
  } else {
    self_->send(self_, Commit{due}); // after everything that is in the mailbox now
  }
}

void StoreState::on(const Commit& message) {
  if (commit_due_ != message.due) return;
  commit_due_.reset();
  if (options_.replicator) return propose();
  if (queue_.empty()) return;
  if (!commit()) {
    schedule_commit(self_->clock().now() + options_.retry);
  } else if (!queue_.empty()) { // writes beyond max_batch
    schedule_commit(self_->clock().now());
  }
}

bool StoreState::commit() {
  const std::size_t count = std::min(queue_.size(), max_batch);
  commit_began_ = self_->clock().now();
  for (std::size_t i = batch_.size(); i < count; ++i)
    batch_.push_back(std::move(queue_[i].job->write));

  std::vector<store::Result<fleet::NvrId>> outcomes;
  metrics::ActorCounters& counters = shared_->counters.local();
  const auto begin = std::chrono::steady_clock::now();
  if (const store::Result<void> committed = store_->commit(batch_, outcomes); !committed) {
    counters.commits_failed.add();
    enter_degraded(committed.error().message);
    return false;
  }
  counters.commit_us.observe(metrics::us_since(begin));
  counters.commit_writes.observe(count);
  leave_degraded();
  measure_rate(count);
  answer(count, outcomes);
  return true;
}

void StoreState::measure_rate(std::size_t count) {
  rate_window_writes_ += count;
  const auto time = *commit_began_ - rate_window_began_;
  if (time < rate_window) return;
  busy_ = static_cast<double>(rate_window_writes_) >= options_.busy_rate * std::chrono::duration<double>(time).count();
  rate_window_began_ = *commit_began_;
  rate_window_writes_ = 0;
}

void StoreState::enter_degraded(const std::string& why) {
  if (shared_->degraded.exchange(true) || !options_.warn) return;
  options_.warn("commits fail and are retried; nothing new is shown or acknowledged until they succeed: " + why);
}

void StoreState::leave_degraded() {
  if (shared_->degraded.exchange(false) && options_.warn) options_.warn("commits succeed again");
}

/// The events of the accepted writes.
StoreState::Events StoreState::take_events(const std::vector<store::Result<fleet::NvrId>>& outcomes) {
  auto events = std::make_shared<std::vector<fleet::Event>>();
  metrics::ActorCounters& counters = shared_->counters.local();
  for (std::size_t i = 0; i < batch_.size(); ++i) {
    if (outcomes[i]) std::move(batch_[i].events.begin(), batch_[i].events.end(), std::back_inserter(*events));
  }
  batch_.clear();
  for (const fleet::Event& event : *events) {
    actors::count(counters, event);
    if (event.nvr_id != 0) changed_.insert(event.nvr_id);
  }
  if (!events->empty()) {
    last_event_at_ = events->back().at;
    shared_->head.store(events->back().seq);
  }
  return events;
}

void StoreState::answer(std::size_t count, std::vector<store::Result<fleet::NvrId>>& outcomes) {
  metrics::ActorCounters& counters = shared_->counters.local();
  counters.store_queue.subtract(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (outcomes[i]) {
      queue_[i].job->version = batch_[i].version;
    } else {
      counters.writes_refused.add();
    }
  }
  const Events events = take_events(outcomes);
  const auto send = [&] { send_answers(count, outcomes, events); };
  options_.send_together ? options_.send_together(send) : send();
  queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(count));
  send_watermarks(count);
  retry_deferred_loads();
  if (options_.log_changes && !events->empty()) options_.log_changes(*events);
}

void StoreState::publish(const Events& events) {
  if (events->empty()) return;
  const Committed committed{events, std::chrono::steady_clock::now()};
  self_->send(fanout_, committed);
  if (alerts_) self_->send(alerts_, committed);
}

void StoreState::send_answers(std::size_t count, std::vector<store::Result<fleet::NvrId>>& outcomes,
                              const Events& events) {
  publish(events);
  const fleet::Seq head = shared_->head.load();
  for (std::size_t i = 0; i < count; ++i) {
    QueuedWrite& queued = queue_[i];
    queued.job->outcome = std::move(outcomes[i]);
    queued.job->head = head;
    if (--queued_[queued.job->hostname] == 0) queued_.erase(queued.job->hostname);
    if (queued.owner) self_->send(queued.owner, Written{std::move(queued.job)});
  }
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
      [=](const CommitNow& message) { self->state.on(message); },
      [=](const FollowCommits& message) { self->state.on(message); },
      [=](const AskWatermark& message) { self->state.on(message); },
      [=](const ReserveSessions& message) { self->state.on(message); },
      [=](const Commit& message) { self->state.on(message); },
      [=](const Tick& message) { self->state.on(message); },
      [=](const ClaimSession& message) { self->state.on(message); },
      [=](const FollowNvrs& message) { self->state.on(message); },
      [=](const Delivered& message) { self->state.on(message); },
      [=](const LostOrigins& message) { self->state.on(message); },
      [=](const Vanished& message) { self->state.on(message); },
      [=](const Fenced& message) { self->state.on(message); },
      [=](const AskLead& message) { self->state.on(message); },
  };
}

} // namespace nvrhub::actors
