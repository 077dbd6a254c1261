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

#include "actors/counters.hpp"
#include "net/coordinator.hpp"
#include "net/deadlines.hpp"
#include "net/handshakes.hpp"
#include "net/readiness.hpp"

namespace nvrhub::net {

using Executor = boost::asio::io_context::executor_type;
using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Executor>;

/// Something that collects bytes during a turn of its I/O thread and sends them at the end of it.
class Flushable {
public:
  virtual void flush() = 0;

protected:
  ~Flushable() = default;
};

/// One I/O thread: its io_context, the actors it runs, the deadlines of its connections and those that are new. A
/// connection stays on its thread for life, so nothing of a connection needs a lock.
class IoThread {
public:
  IoThread();
  ~IoThread();
  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;

  boost::asio::io_context& context() { return context_; }
  Deadlines& deadlines() { return deadlines_; }
  Handshakes& handshakes() { return handshakes_; }
  Readiness& readiness() { return readiness_; }
  RunQueue& run_queue() { return run_queue_; }
  /// How late this thread came to what was due, in microseconds: what a new event has to wait for.
  const actors::Histogram<actors::latency_us>& lag_us() const { return lag_us_; }
  bool is_current() const { return current() == this; }
  /// It was joined: whoever holds it may do what only the thread itself could do before.
  bool is_over() const { return over_.load(std::memory_order_acquire); }

  /// Where this thread's connections read into, one at a time: what one wants to keep it copies.
  std::span<char> read_buffer() { return {read_buffer_.get(), read_buffer_bytes}; }

  /// Runs `what` on this thread, later. Calls that come one after the other run in that order, from whatever threads
  /// they come: asio::post lets those from other threads overtake those from this one.
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
  /// Runs the actors and sends what there is to send, behind each handler. True: some is left.
  bool turn();
  void watch();
  void tick();
  void flush_all();
  void run_inbox();

  Deadlines deadlines_; // before context_: connections that die with it leave here
  Handshakes handshakes_;
  Readiness readiness_;
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<Executor> work_;
  boost::asio::steady_timer timer_;
  boost::asio::posix::basic_stream_descriptor<Executor> watch_; // on readiness_, whose descriptor it is
  actors::Histogram<actors::latency_us> lag_us_;
  RunQueue run_queue_;
  static constexpr std::size_t read_buffer_bytes = 16 * 1024;
  std::unique_ptr<char[]> read_buffer_{new char[read_buffer_bytes]};
  std::mutex mutex_; // of inbox_
  std::vector<std::function<void()>> inbox_;
  std::vector<std::shared_ptr<Flushable>> to_flush_;
  std::vector<std::shared_ptr<Flushable>> flushing_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> over_{false};
  std::thread thread_;
};

/// The I/O threads of a server. Outlives the actor system that runs on it.
class IoPool {
public:
  explicit IoPool(std::size_t threads);
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
