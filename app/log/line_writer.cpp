#include "app/log/line_writer.hpp"

#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <string_view>
#include <utility>

#include <poll.h>
#include <unistd.h>

namespace nvrhub::app {

struct LineWriter::State {
  int descriptor = -1;
  std::function<std::string(std::size_t)> format_dropped;
  std::size_t max_bytes = 0;

  std::mutex mutex;
  std::condition_variable changed;
  std::string queue;
  std::size_t dropped = 0;
  bool running = false; // the thread
  bool stopping = false;
  bool idle = true; // the thread is not writing

  void write_all(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0 && errno == EAGAIN) { // the parent made it non-blocking
        pollfd writable{descriptor, POLLOUT, 0};
        (void)::poll(&writable, 1, -1);
        continue;
      }
      if (written <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
  }

  void run() {
    std::unique_lock lock(mutex);
    while (true) {
      changed.wait(lock, [this] { return stopping || !queue.empty(); });
      if (queue.empty()) return;
      std::string bytes;
      bytes.swap(queue);
      if (const std::size_t count = std::exchange(dropped, 0); count > 0) bytes += format_dropped(count);
      idle = false;
      lock.unlock();
      write_all(bytes);
      lock.lock();
      idle = true;
      changed.notify_all();
    }
  }
};

LineWriter::LineWriter(int descriptor, std::function<std::string(std::size_t)> format_dropped, std::size_t max_bytes)
    : state_(std::make_shared<State>()) {
  state_->descriptor = descriptor;
  state_->format_dropped = std::move(format_dropped);
  state_->max_bytes = max_bytes;
}

LineWriter::~LineWriter() {
  finish();
}

void LineWriter::start() {
  if (thread_.joinable()) return;
  state_->running = true;
  state_->stopping = false;
  thread_ = std::thread([state = state_] { state->run(); });
}

void LineWriter::put(std::string line) {
  State& state = *state_;
  {
    const std::lock_guard lock(state.mutex);
    if (!state.running) return state.write_all(line);
    if (state.queue.size() + line.size() > state.max_bytes) {
      ++state.dropped;
      return;
    }
    state.queue += line;
  }
  state.changed.notify_all();
}

void LineWriter::finish(std::chrono::milliseconds timeout) {
  if (!thread_.joinable()) return;
  State& state = *state_;
  bool written = false;
  {
    std::unique_lock lock(state.mutex);
    written = state.changed.wait_for(lock, timeout, [&] { return state.queue.empty() && state.idle; });
    state.stopping = true;
    state.running = !written;
    if (!written) state.max_bytes = 0; // the consumer is stuck: a direct write would block, so later lines are dropped
  }
  state.changed.notify_all();
  if (written) {
    thread_.join();
  } else {
    thread_.detach();
    thread_ = {};
  }
}

} // namespace nvrhub::app
