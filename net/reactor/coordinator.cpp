#include "net/reactor/coordinator.hpp"

#include <chrono>
#include <map>
#include <utility>

#include <caf/logger.hpp>
#include <caf/ref_counted.hpp>

namespace nvrhub::net {

namespace {

/// Messages that an actor may read before the next actor runs; CAF's default is no limit.
constexpr std::size_t messages_per_turn = 50;

/// The actors that the calling thread has not queued yet; null outside of RunQueue::wake_once().
using HeldActors = std::map<RunQueue*, std::vector<caf::resumable*>>;
HeldActors*& held_by_this_thread() {
  thread_local HeldActors* held = nullptr;
  return held;
}

/// A thread that spawned an actor keeps a reference to the system's logger, and the system waits for the last
/// reference.
class ForgetLogger final : public caf::resumable, public caf::ref_counted {
public:
  resume_result resume(caf::execution_unit*, std::size_t) override {
    caf::logger::set_current_actor_system(nullptr);
    return done;
  }
  void intrusive_ptr_add_ref_impl() override { ref(); }
  void intrusive_ptr_release_impl() override { deref(); }
};

} // namespace

RunQueue*& RunQueue::of_this_thread() {
  thread_local RunQueue* queue = nullptr;
  return queue;
}

void RunQueue::exec_later(caf::resumable* actor) {
  outstanding_->fetch_add(1, std::memory_order_relaxed);
  local_.push_back(actor);
}

void RunQueue::push(caf::resumable* actor) {
  outstanding_->fetch_add(1, std::memory_order_relaxed);
  if (HeldActors* held = held_by_this_thread()) {
    (*held)[this].push_back(actor);
  } else {
    push_all({&actor, 1});
  }
}

void RunQueue::wake_once(const std::function<void()>& send) {
  HeldActors held;
  held_by_this_thread() = &held;
  send();
  held_by_this_thread() = nullptr;
  for (const auto& [queue, actors] : held)
    queue->push_all(actors);
}

void RunQueue::push_all(std::span<caf::resumable* const> actors) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    wake = remote_.empty();
    remote_.insert(remote_.end(), actors.begin(), actors.end());
    has_remote_.store(true, std::memory_order_release);
  }
  if (wake) wake_();
}

bool RunQueue::drain(std::size_t budget) {
  if (has_remote_.load(std::memory_order_acquire)) {
    const std::lock_guard lock(mutex_);
    local_.insert(local_.end(), remote_.begin(), remote_.end());
    remote_.clear();
    has_remote_.store(false, std::memory_order_relaxed);
  }
  for (; budget > 0 && !local_.empty(); --budget) {
    caf::resumable* actor = local_.front();
    local_.pop_front();
    switch (actor->resume(this, max_throughput_)) {
    case caf::resumable::resume_later:
      local_.push_back(actor);
      continue; // still counted, still referenced
    case caf::resumable::done:
    case caf::resumable::awaiting_message:
    case caf::resumable::shutdown_execution_unit:
      break;
    }
    // From here on another thread may run the actor: release it and touch nothing else.
    caf::intrusive_ptr_release(actor);
    outstanding_->fetch_sub(1, std::memory_order_release);
  }
  return !local_.empty() || has_remote_.load(std::memory_order_relaxed);
}

AsioCoordinator::AsioCoordinator(caf::actor_system& system, std::vector<RunQueue*> queues)
    : abstract_coordinator(system), queues_(std::move(queues)) {
  for (RunQueue* queue : queues_) {
    queue->system_ = &system;
    queue->outstanding_ = &outstanding_;
    queue->max_throughput_ = messages_per_turn;
  }
}

void AsioCoordinator::enqueue(caf::resumable* actor) {
  if (RunQueue* own = RunQueue::of_this_thread()) {
    own->exec_later(actor);
  } else {
    queues_[next_worker_.fetch_add(1, std::memory_order_relaxed) % queues_.size()]->push(actor);
  }
}

void AsioCoordinator::start() {
  clock_thread_ = std::thread([this] {
    CAF_SET_LOGGER_SYS(&system());
    system().thread_started();
    clock_.run_dispatch_loop();
    system().thread_terminates();
  });
  abstract_coordinator::start();
}

/// On the thread that destroys the actor system, while the I/O threads still run. CAF's service actors get their exit
/// message only now, so the queues must be empty before anything is destroyed.
void AsioCoordinator::stop() {
  const auto wait_until_idle = [this] {
    while (outstanding_.load(std::memory_order_acquire) > 0)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
  };
  wait_until_idle();
  stop_actors();
  for (RunQueue* queue : queues_)
    queue->push(new ForgetLogger);
  wait_until_idle();
  clock_.cancel_dispatch_loop();
  clock_thread_.join();
}

} // namespace nvrhub::net
