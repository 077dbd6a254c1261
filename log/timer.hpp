#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

namespace nvrhub::log {

/// One pending call. After stop(), a new start() or the destructor, what was pending does not run, even if its time had
/// already come. THREADS: the one that runs `io`.
class Timer {
public:
  explicit Timer(boost::asio::io_context& io) : state_(std::make_shared<State>(io)) {}
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer() { stop(); }

  void start(std::chrono::nanoseconds delay, std::function<void()> run) {
    state_->run = std::move(run);
    state_->timer.expires_after(delay);
    state_->timer.async_wait([weak = std::weak_ptr(state_), generation = ++state_->generation](const auto& error) {
      const std::shared_ptr<State> state = weak.lock();
      if (error || !state || state->generation != generation) return;
      const std::function<void()> due = std::exchange(state->run, nullptr); // it may start the timer again
      due();
    });
  }
  void stop() {
    ++state_->generation;
    state_->run = nullptr;
    state_->timer.cancel();
  }
  bool is_pending() const { return state_->run != nullptr; }

private:
  struct State {
    explicit State(boost::asio::io_context& io) : timer(io) {}
    boost::asio::steady_timer timer;
    std::uint64_t generation = 0;
    std::function<void()> run;
  };

  std::shared_ptr<State> state_;
};

} // namespace nvrhub::log
