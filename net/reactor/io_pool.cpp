#include "net/reactor/io_pool.hpp"

#include <algorithm>
#include <future>
#include <utility>

#include "net/reactor/thread_heap.hpp"

namespace nvrhub::net {

namespace {

constexpr auto tick_interval = std::chrono::milliseconds(50); // the resolution of timers
constexpr std::size_t actors_per_turn = 64;
constexpr int handlers_per_handshake = 64;

IoThread*& current_thread() {
  thread_local IoThread* thread = nullptr;
  return thread;
}

} // namespace

IoThread::IoThread(MonoTime::duration long_pause, OnPause on_pause)
    : work_(context_.get_executor()), timer_(context_), watch_(context_, readiness_.descriptor()), pauses_(long_pause),
      on_pause_(std::move(on_pause)), run_queue_([this] { boost::asio::post(context_, [] {}); }) {}

IoThread::~IoThread() {
  stop_and_join();
  watch_.release();
}

IoThread* IoThread::current() {
  return current_thread();
}

void IoThread::start() {
  tick();
  watch();
  thread_ = std::thread([this] { loop(); });
}

void IoThread::loop() {
  current_thread() = this;
  RunQueue::of_this_thread() = &run_queue_;
  extend_thread_heap();
  bool more = false;
  while (!stopping_.load(std::memory_order_relaxed)) {
    if (!handshakes_.empty()) {
      run_handshakes();
    } else if (more) {
      context_.poll_one();
    } else {
      context_.run_one();
    }
    more = turn();
  }
}

/// A step may take a millisecond: before it, handlers of other connections run, and after it those of WebSockets.
void IoThread::run_handshakes() {
  for (int handlers = 0; handlers < handlers_per_handshake && context_.poll_one() > 0; ++handlers)
    turn();
  handshakes_.run();
  turn();
  readiness_.run([this] { turn(); });
}

bool IoThread::turn() {
  const bool more = run_queue_.drain(actors_per_turn);
  flush_all();
  return more || !to_flush_.empty(); // some had more to send than a turn allows
}

void IoThread::watch() {
  watch_.async_wait(decltype(watch_)::wait_read, [this](const boost::system::error_code& error) {
    if (error) return;
    readiness_.run([this] { turn(); });
    watch();
  });
}

void IoThread::post(std::function<void()> what) {
  bool is_first = false;
  {
    const std::lock_guard lock(mutex_);
    is_first = inbox_.empty();
    inbox_.push_back(std::move(what));
  }
  if (is_first) boost::asio::post(context_, [this] { run_inbox(); });
}

void IoThread::run_inbox() {
  std::vector<std::function<void()>> what;
  {
    const std::lock_guard lock(mutex_);
    what.swap(inbox_);
  }
  for (const auto& next : what)
    next();
}

void IoThread::flush_all() {
  flushing_.swap(to_flush_);
  for (const auto& what : flushing_)
    what->flush();
  flushing_.clear(); // may destroy connections
}

void IoThread::tick() {
  timer_.expires_after(tick_interval);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    const auto now = std::chrono::steady_clock::now();
    const auto late = std::chrono::duration_cast<std::chrono::microseconds>(now - timer_.expiry());
    lag_us_.observe(static_cast<std::uint64_t>(late.count()));
    check_pause(now);
    timers_.run(now);
    tick();
  });
}

void IoThread::check_pause(MonoTime now) {
  tick_time_ = now;
  const auto pause = pauses_.check(std::max(timer_.expiry(), pauses_.resumed_at()), now);
  if (pause.count() == 0) return;
  timers_.postpone(pause);
  if (on_pause_) on_pause_(pause);
}

void IoThread::stop_and_join() {
  if (!thread_.joinable()) return;
  boost::asio::post(context_, [this] { stopping_ = true; });
  thread_.join();
  over_ = true;
}

IoPool::IoPool(std::size_t threads, MonoTime::duration long_pause, IoThread::OnPause on_pause) {
  for (std::size_t i = 0; i < threads; ++i)
    threads_.push_back(std::make_unique<IoThread>(long_pause, i == 0 ? on_pause : IoThread::OnPause{}));
}

IoPool::~IoPool() {
  stop();
}

void IoPool::start() {
  for (const auto& thread : threads_)
    thread->start();
}

void IoPool::stop() {
  for (const auto& thread : threads_)
    thread->stop_and_join();
}

void IoPool::flush() {
  for (const auto& thread : threads_) {
    std::promise<void> reached;
    thread->post([&reached] { reached.set_value(); });
    reached.get_future().wait();
  }
}

std::vector<RunQueue*> IoPool::run_queues() {
  std::vector<RunQueue*> queues;
  for (const auto& thread : threads_)
    queues.push_back(&thread->run_queue());
  return queues;
}

} // namespace nvrhub::net
