#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "actors/log.hpp"
#include "app/log/format.hpp"
#include "app/log/rate_limiter.hpp"
#include "fleet/event.hpp"

namespace nvrhub::app {

struct LogOptions {
  std::optional<actors::Level> level = actors::Level::info; // nullopt: off
  LogFormat format = LogFormat::text;
  bool for_journal = false; // lines begin with a priority such as `<4>`; text lines have no time: journald adds it
  unsigned lines_per_minute = 20; // of each kind; lines of level debug are not limited
  bool changes = true;            // log_changes() writes
};

/// "debug", "info", "warn", "error"; anything else is off.
std::optional<actors::Level> log_level(std::string_view name);

/// Whether stderr is connected to systemd's journal (systemd.exec(5), JOURNAL_STREAM).
bool stderr_is_journal();

/// The log of `serve`: formats lines, drops those below the level, limits the rate of each kind.
/// THREADS: any. ERRORS: log() drops a line for which there is no memory; it does not throw.
class Logger {
public:
  using Write = std::function<void(std::string line)>; // one line with its newline; calls never overlap
  using Now = std::function<std::chrono::steady_clock::time_point()>;
  using WallClock = std::function<std::chrono::system_clock::time_point()>; // for the time in each line

  Logger(LogOptions options, Write write, Now now = std::chrono::steady_clock::now,
         WallClock wall_clock = std::chrono::system_clock::now);

  void log(actors::Level level, std::string_view kind, std::string_view message,
           std::span<const actors::Field> fields = {});
  /// Writes a line of level info for each event that is a status change (fleet::is_status_change). They are not subject
  /// to the rate limit: each change happens once.
  void log_changes(std::span<const fleet::Event> events);
  void set(std::optional<actors::Level> level, LogFormat format, bool changes);
  /// Writes one line for each kind with suppressed lines whose minute is over; with `all`, for every kind.
  /// REQUIRES: called about once a second or more often.
  void report_suppressed(bool all = false);
  /// The interface for the rest of the server. It refers to this Logger, which must outlive it.
  actors::Log interface();

private:
  std::string time() const;
  void write(actors::Level level, std::string_view kind, std::string_view message,
             std::span<const actors::Field> fields);
  void write_suppressed(bool all);

  std::mutex mutex_;
  LogOptions options_;
  Write write_;
  Now now_;
  WallClock wall_clock_;
  LogRateLimiter limiter_;
  std::atomic<actors::Level> lowest_; // for actors::Log::is_enabled(); log() decides by options_
};

} // namespace nvrhub::app
