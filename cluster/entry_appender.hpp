#pragma once

#include <deque>
#include <functional>
#include <string>

#include "log/log.hpp"

namespace nvrhub::cluster {

/// Appends entries in their order, one at a time, and asks again for one whose append was not answered until it is
/// known. THREADS: the log's. OWNERSHIP: `log` outlives it; the log's handlers do not run after it.
class EntryAppender {
public:
  /// `on_refused`: the fence is lost; what was not appended is dropped. `on_invalid`: an entry that the log does not
  /// take.
  EntryAppender(log::Log& log, std::function<void()> on_refused, std::function<void(const std::string&)> on_invalid)
      : log_(log), on_refused_(std::move(on_refused)), on_invalid_(std::move(on_invalid)) {}

  void append(std::string entry);
  /// Nothing can be appended any more.
  void stop();

private:
  void start_next();
  void answered(const log::Log::AppendResult& result);

  log::Log& log_;
  std::function<void()> on_refused_;
  std::function<void(const std::string&)> on_invalid_;
  std::deque<std::string> waiting_;
  bool is_appending_ = false;
  bool is_stopped_ = false;
};

} // namespace nvrhub::cluster
