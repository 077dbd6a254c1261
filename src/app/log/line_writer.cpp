#include "app/log/line_writer.hpp"

#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <string_view>
#include <utility>

#include <unistd.h>

namespace nvrhub::app {

struct LineWriter::State {
  int descriptor = -1;
  std::function<std::string(std::size_t)> tell_lost;
  std::size_t most_bytes = 0;

  std::mutex mutex;
  std::condition_variable changed;
  std::string waiting;
  std::size_t lost = 0;
  bool runs = false; // the thread
  bool ends = false;
  bool idle = true; // the thread writes nothing

  void write_all(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
  }

  void run() {
    std::unique_lock lock(mutex);
    while (true) {
      changed.wait(lock, [this] { return ends || !waiting.empty(); });
      if (waiting.empty()) return;
      std::string bytes;
      bytes.swap(waiting);
      if (const std::size_t missing = std::exchange(lost, 0); missing > 0) bytes += tell_lost(missing);
      idle = false;
      lock.unlock();
      write_all(bytes);
      lock.lock();
      idle = true;
      changed.notify_all();
    }
  }
};

LineWriter::LineWriter(int descriptor, std::function<std::string(std::size_t)> tell_lost, std::size_t most_bytes)
    : state_(std::make_shared<State>()) {
  state_->descriptor = descriptor;
  state_->tell_lost = std::move(tell_lost);
  state_->most_bytes = most_bytes;
}

LineWriter::~LineWriter() {
  finish();
}

void LineWriter::start() {
  if (thread_.joinable()) return;
  state_->runs = true;
  state_->ends = false;
  thread_ = std::thread([state = state_] { state->run(); });
}

void LineWriter::put(std::string line) {
  State& state = *state_;
  {
    const std::lock_guard lock(state.mutex);
    if (!state.runs) return state.write_all(line);
    if (state.waiting.size() + line.size() > state.most_bytes) {
      ++state.lost;
      return;
    }
    state.waiting += line;
  }
  state.changed.notify_all();
}

void LineWriter::finish(std::chrono::milliseconds patience) {
  if (!thread_.joinable()) return;
  State& state = *state_;
  bool written = false;
  {
    std::unique_lock lock(state.mutex);
    written = state.changed.wait_for(lock, patience, [&] { return state.waiting.empty() && state.idle; });
    state.ends = true;
    state.runs = !written; // a stuck reader would now hold up whoever puts: what still comes is dropped
    if (!written) state.most_bytes = 0;
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
