#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include <caf/actor_system.hpp>
#include <caf/detail/thread_safe_actor_clock.hpp>
#include <caf/execution_unit.hpp>
#include <caf/resumable.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>

namespace nvrhub::net {

/// One I/O thread's queue of actors that have unread messages. The thread drains it after each I/O handler: an actor
/// runs right after the read that sent it a message, on the core that has the bytes in its cache
/// (docs/internals/decisions/0002).
class RunQueue : public caf::execution_unit {
public:
  /// `wake` makes the I/O thread call drain(). It is called from other threads, at most once per drain.
  explicit RunQueue(std::function<void()> wake) : wake_(std::move(wake)) {}

  /// Runs up to `budget` actors, then I/O continues; true if some are left. On the I/O thread only.
  bool drain(std::size_t budget);

  /// From an actor that this queue runs.
  void exec_later(caf::resumable* actor) override;
  /// From any other thread.
  void push(caf::resumable* actor);
  /// Calls `send` on a thread that is not an I/O thread. The actors to which it sends are queued when it has returned:
  /// each I/O thread wakes up once, not after the first message and again after the next.
  static void wake_once(const std::function<void()>& send);

  /// Actors of the whole system that are queued or running. Any thread, while the actor system exists.
  std::size_t outstanding() const { return outstanding_->load(std::memory_order_relaxed); }

  /// The calling thread's own queue; null on a thread that is not an I/O thread.
  static RunQueue*& of_this_thread();

private:
  friend class AsioCoordinator;

  void push_all(std::span<caf::resumable* const> actors);

  std::function<void()> wake_;
  std::deque<caf::resumable*> local_; // the I/O thread's

  std::mutex mutex_;
  std::vector<caf::resumable*> remote_;
  std::atomic<bool> has_remote_{false};

  std::size_t max_throughput_ = 0;
  std::atomic<std::size_t>* outstanding_ = nullptr; // the coordinator's
};

/// CAF's scheduler on the I/O threads: its only thread of its own is the clock's, so a message needs no thread switch.
/// Set it as the actor system's module of type `scheduler`. The I/O threads must run until the actor system is gone.
class AsioCoordinator : public caf::scheduler::abstract_coordinator {
public:
  AsioCoordinator(caf::actor_system& system, std::vector<RunQueue*> queues);

  void enqueue(caf::resumable* actor) override;
  caf::actor_clock& clock() noexcept override { return clock_; }

protected:
  void start() override;
  void stop() override;

private:
  std::vector<RunQueue*> queues_;
  std::atomic<std::size_t> outstanding_{0}; // actors in a queue or running
  caf::detail::thread_safe_actor_clock clock_;
  std::thread clock_thread_;
};

} // namespace nvrhub::net
