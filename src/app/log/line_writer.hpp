#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <thread>

namespace nvrhub::app {

/// Writes lines to a descriptor. Once its thread runs, nobody who puts a line waits for whoever reads it: lines queue
/// up to a bound, and beyond it are counted instead. Any thread may put.
class LineWriter {
public:
  /// `tell_lost` words the line, newline included, that says how many are missing. It may be called by the writer's
  /// thread after this object is gone, so it owns what it needs.
  LineWriter(int descriptor, std::function<std::string(std::size_t)> tell_lost, std::size_t most_bytes = 1 << 20);
  ~LineWriter();
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;

  /// From now on lines are written by a thread. Before, by whoever puts them, so that a process may still fork.
  void start();
  /// A whole line, newline included. Errors of the descriptor are ignored: there is nowhere left to tell them.
  void put(std::string line);
  /// Waits until all is written, at most so long. A reader that does not read does not keep a process from ending.
  void finish(std::chrono::milliseconds patience = std::chrono::seconds(1));

private:
  struct State;
  std::shared_ptr<State> state_; // the thread's as well: it may outlive this in a write() that does not return
  std::thread thread_;
};

} // namespace nvrhub::app
