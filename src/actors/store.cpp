#include "actors/store.hpp"

#include <algorithm>
#include <utility>

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

namespace nvrhub::actors {

namespace {

constexpr std::size_t max_batch = 4096; // writes a transaction, so that no one waits long behind a storm
constexpr std::chrono::milliseconds rate_window{100};

void count(Counters& counters, const fleet::Event& event) {
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
  marked_ = self_->clock().now();
  marked_upto_ = shared_->now();
  self_->delayed_send(self_, options_.tick, Tick{});
}

StoreState::~StoreState() {
  if (store_) (void)mark();
}

void StoreState::on(const Load& message) {
  const WaitingLoad wanted{message, caf::actor_cast<NvrActor>(self_->current_sender())};
  if (queued_.contains(message.hostname)) {
    waiting_loads_.push_back(wanted);
  } else {
    load(wanted);
  }
}

void StoreState::load(const WaitingLoad& wanted) {
  auto found = [&]() -> store::Result<std::optional<fleet::Nvr>> {
    const store::Result<store::Snapshot> snapshot = store_->snapshot();
    if (!snapshot) return tl::make_unexpected(snapshot.error());
    const auto id = snapshot->id_of(wanted.load.hostname);
    if (!id) return tl::make_unexpected(id.error());
    if (!*id) return std::nullopt;
    return snapshot->nvr(**id);
  }();
  if (!found && found.error().code == store::Errc::io) { // a failed commit took the store along: as slow as a commit
    waiting_loads_.push_back(wanted);
    return;
  }
  self_->send(wanted.owner, Loaded{std::make_shared<const store::Result<std::optional<fleet::Nvr>>>(std::move(found))});
}

void StoreState::load_waiting() {
  for (const WaitingLoad& wanted : std::exchange(waiting_loads_, {})) {
    queued_.contains(wanted.load.hostname) ? waiting_loads_.push_back(wanted) : load(wanted);
  }
}

void StoreState::on(const std::shared_ptr<WriteJob>& job) {
  queue_.push_back({job, caf::actor_cast<NvrActor>(self_->current_sender())});
  ++queued_[job->hostname];
  commit_soon();
}

void StoreState::commit_soon() {
  if (std::exchange(commit_scheduled_, true)) return;
  const auto due = begun_ + options_.gather;
  if (const auto now = self_->clock().now(); busy_ && now < due) {
    self_->delayed_send(self_, due - now, Commit{});
  } else {
    self_->send(self_, Commit{}); // behind everything that is in the mailbox by now
  }
}

void StoreState::on(const Commit&) {
  commit_scheduled_ = false;
  if (queue_.empty()) return;
  const std::size_t count = std::min(queue_.size(), max_batch);
  begun_ = self_->clock().now();
  for (std::size_t i = batch_.size(); i < count; ++i) {
    batch_.push_back(std::move(queue_[i].job->write));
    for (fleet::Event& event : batch_.back().events) // what was marked as seen stays so, wherever the clock went since
      event.at = std::max(event.at, marked_upto_);
  }

  std::vector<store::Result<fleet::NvrId>> outcomes;
  Counters& counters = shared_->counters.mine();
  const auto begin = std::chrono::steady_clock::now();
  if (const store::Result<void> committed = store_->commit(batch_, outcomes); !committed) {
    counters.commits_failed.add();
    failing(committed.error().message);
    commit_scheduled_ = true;
    self_->delayed_send(self_, options_.retry, Commit{});
    return;
  }
  counters.commit_us.observe(us_since(begin));
  counters.commit_writes.observe(count);
  working();
  look_at_rate(count);
  answer(count, outcomes);
  if (queue_.empty()) return;
  commit_scheduled_ = true; // what was too much for one transaction has waited long enough
  self_->send(self_, Commit{});
}

void StoreState::look_at_rate(std::size_t count) {
  counted_ += count;
  const auto time = begun_ - counted_from_;
  if (time < rate_window) return;
  busy_ = static_cast<double>(counted_) >= options_.busy_rate * std::chrono::duration<double>(time).count();
  counted_from_ = begun_;
  counted_ = 0;
}

void StoreState::failing(const std::string& why) {
  if (shared_->degraded.exchange(true) || !options_.warn) return;
  options_.warn("commits fail, nothing new is shown or acked until they work again: " + why);
}

void StoreState::working() {
  if (shared_->degraded.exchange(false) && options_.warn) options_.warn("commits work again");
}

void StoreState::answer(std::size_t count, std::vector<store::Result<fleet::NvrId>>& outcomes) {
  auto events = std::make_shared<std::vector<fleet::Event>>();
  Counters& counters = shared_->counters.mine();
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
  if (!events->empty()) self_->send(fanout_, Committed{std::move(events), std::chrono::steady_clock::now()});
  for (std::size_t i = 0; i < count; ++i) {
    Waiting& waiting = queue_[i];
    waiting.job->outcome = std::move(outcomes[i]);
    waiting.job->head = head;
    if (--queued_[waiting.job->hostname] == 0) queued_.erase(waiting.job->hostname);
    if (waiting.owner) self_->send(waiting.owner, Written{std::move(waiting.job)});
  }
  queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(count));
  load_waiting();
}

void StoreState::on(const Reserve& message) {
  const auto first = store_->reserve_sessions(message.count);
  const Reserved answer{first.value_or(0), first ? message.count : 0};
  self_->send(caf::actor_cast<RegistryActor>(self_->current_sender()), answer);
}

StoreActor::behavior_type store(StoreState::Self self, SharedPtr shared, FanoutActor fanout,
                                std::shared_ptr<store::Store> store, StoreOptions options) {
  self->state.init(self, std::move(shared), std::move(fanout), std::move(store), std::move(options));
  return {
      [=](const Load& message) { self->state.on(message); },
      [=](const std::shared_ptr<WriteJob>& job) { self->state.on(job); },
      [=](const Reserve& message) { self->state.on(message); },
      [=](const Commit& message) { self->state.on(message); },
      [=](const Tick& message) { self->state.on(message); },
  };
}

} // namespace nvrhub::actors
