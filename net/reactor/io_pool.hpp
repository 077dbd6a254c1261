#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "metrics/actor_counters.hpp"
#include "net/limits/pending_connections.hpp"
#include "net/reactor/coordinator.hpp"
#include "net/reactor/handshake_queue.hpp"
#include "net/reactor/pause_detector.hpp"
#include "net/reactor/readiness.hpp"
#include "net/reactor/timer_queue.hpp"

namespace nvrhub::net {

using Executor = boost::asio::io_context::executor_type;
using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Executor>;

/// Collects bytes during a turn of its I/O thread and sends them at the end of the turn.
class Flushable {
public:
  virtual void flush() = 0;

protected:
  ~Flushable() = default;
};

/// One I/O thread: its io_context, the actors that it runs, the timers of its connections and its pending connections.
/// A connection stays on its thread for life, so no connection needs a lock.
class IoThread {
public:
  /// Called on the thread when it notices that it did not run for `pause`.
  using OnPause = std::function<void(MonoTime::duration pause)>;

  IoThread(MonoTime::duration long_pause, OnPause on_pause);
  ~IoThread();
  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;

  boost::asio::io_context& context() { return context_; }
  TimerQueue& timers() { return timers_; }
  PendingConnections& pending_connections() { return pending_connections_; }
  Readiness& readiness() { return readiness_; }
  HandshakeQueue& handshakes() { return handshakes_; }
  RunQueue& run_queue() { return run_queue_; }
  /// How late this thread ran its timer, in microseconds: approximately the wait of a new event.
  const metrics::Histogram<metrics::latency_us>& lag_us() const { return lag_us_; }
  /// Takes a pause that ends now into account before the next tick does. On this thread.
  void check_pause(MonoTime now);
  /// When this thread last ran again after a pause of at least `long_pause`. On this thread.
  MonoTime resumed_at() const { return pauses_.resumed_at(); }
  /// When its timers last ran: the time to about 50 ms, without a clock call. On this thread.
  MonoTime tick_time() const { return tick_time_; }
  bool is_current() const { return current() == this; }
  /// The thread was joined: the caller may do what only the thread was allowed to do before.
  bool is_over() const { return over_.load(std::memory_order_acquire); }

  /// The buffer that this thread's connections read into, one at a time. A connection copies what it keeps.
  std::span<char> read_buffer() { return {read_buffer_.get(), read_buffer_bytes}; }

  /// Runs `what` on this thread, later. Calls run in the order in which they were posted, from any thread;
  /// with asio::post, those of other threads could overtake those of this one.
  void post(std::function<void()> what);

  /// Runs `what` on this thread: at once when called on it, else posted.
  template <class F>
  void run(F&& what) {
    if (is_current()) {
      what();
    } else {
      boost::asio::post(context_, std::forward<F>(what));
    }
  }

  /// On this thread: calls what->flush() once the handler and the actors of this turn have run.
  void flush_soon(std::shared_ptr<Flushable> what) { to_flush_.push_back(std::move(what)); }

  void start();
  void stop_and_join();

  static IoThread* current();

private:
  void loop();
  /// Runs actors and flushes, after each handler. True: work is left.
  bool turn();
  void run_handshakes();
  void watch();
  void tick();
  void flush_all();
  void run_inbox();

  TimerQueue timers_; // before context_: connections that are destroyed with it clear their timers
  PendingConnections pending_connections_;
  Readiness readiness_;
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<Executor> work_;
  boost::asio::steady_timer timer_;
  boost::asio::posix::basic_stream_descriptor<Executor> watch_; // waits on the descriptor of readiness_
  metrics::Histogram<metrics::latency_us> lag_us_;
  PauseDetector pauses_;
  OnPause on_pause_;
  MonoTime tick_time_ = std::chrono::steady_clock::now();
  RunQueue run_queue_;
  static constexpr std::size_t read_buffer_bytes = 16 * 1024;
  std::unique_ptr<char[]> read_buffer_{new char[read_buffer_bytes]};
  std::mutex mutex_; // of inbox_
  std::vector<std::function<void()>> inbox_;
  HandshakeQueue handshakes_;
  std::vector<std::shared_ptr<Flushable>> to_flush_;
  std::vector<std::shared_ptr<Flushable>> flushing_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> over_{false};
  std::thread thread_;
};

/// The I/O threads of a server. Outlives the actor system that runs on it.
class IoPool {
public:
  /// `on_pause` is called on the first thread when it did not run for at least `long_pause`.
  explicit IoPool(std::size_t threads, MonoTime::duration long_pause = std::chrono::seconds(1),
                  IoThread::OnPause on_pause = {});
  ~IoPool();

  void start();
  void stop();
  /// Waits until every thread has run what was posted to it before. Not from an I/O thread.
  void flush();
  std::size_t size() const { return threads_.size(); }
  IoThread& thread(std::size_t index) { return *threads_[index]; }
  /// Round robin.
  IoThread& next() { return *threads_[next_++ % threads_.size()]; }
  std::vector<RunQueue*> run_queues();

private:
  std::vector<std::unique_ptr<IoThread>> threads_;
  std::atomic<std::size_t> next_{0};
};

} // namespace nvrhub::net
