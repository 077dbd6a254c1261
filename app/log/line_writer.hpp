#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <thread>

namespace nvrhub::app {

/// Writes lines to a descriptor. Once its thread runs, put() never blocks on a slow log consumer: lines wait in a
/// queue of at most `max_bytes`; beyond it they are dropped and counted.
/// THREADS: put() may be called by any thread; the other members by the owner only.
class LineWriter {
public:
  /// `format_dropped` returns the line, newline included, that reports the number of dropped lines. The writer thread
  /// may call it after this object is destroyed, so it must own what it uses.
  LineWriter(int descriptor, std::function<std::string(std::size_t)> format_dropped, std::size_t max_bytes = 1 << 20);
  ~LineWriter();
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;

  /// Starts the writer thread. Until then put() writes in the caller's thread, so the process may still fork.
  void start();
  /// `line` ends with its newline. Errors of the descriptor are ignored: there is no other place to report them.
  void put(std::string line);
  /// Waits up to `timeout` until all lines are written. A log consumer that does not read must not block the exit.
  void finish(std::chrono::milliseconds timeout = std::chrono::seconds(1));

private:
  struct State;
  std::shared_ptr<State> state_; // shared with the thread, which may outlive this object in a write() that blocks
  std::thread thread_;
};

} // namespace nvrhub::app
