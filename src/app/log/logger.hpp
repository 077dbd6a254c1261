#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "actors/log.hpp"
#include "app/log/line.hpp"
#include "app/log/repeats.hpp"

namespace spdlog {
class logger;
}

namespace nvrhub::app {

struct LogOptions {
  std::optional<actors::Level> level = actors::Level::info; // nothing: off
  LogFormat format = LogFormat::text;
  bool for_journal = false; // lines begin with a priority `<4>`; journald has the time already
  unsigned repeats = 20;    // lines of a kind a minute; those of level debug are not counted
};

/// "debug", "info", "warn", "error"; anything else is off.
std::optional<actors::Level> log_level(std::string_view name);

/// Whether stderr goes to systemd's journal (systemd.exec(5), JOURNAL_STREAM).
bool stderr_is_journal();

/// The log of `serve`: words lines, drops what is below the level, holds repeats back. Any thread may call it.
class Logger {
public:
  using Write = std::function<void(std::string line)>; // gets one line, newline included, from one thread at a time
  using Now = std::function<std::chrono::steady_clock::time_point()>;

  Logger(LogOptions options, Write write, Now now = std::chrono::steady_clock::now);
  ~Logger();

  void log(actors::Level level, std::string_view kind, std::string_view message,
           std::span<const actors::Field> fields = {});
  void set(std::optional<actors::Level> level, LogFormat format);
  /// Call it now and then: tells what was left out in minutes that are over; with `all`, in every minute.
  void tell_left_out(bool all = false);
  /// For the rest of the server; it refers to this Logger.
  actors::Log interface();

private:
  void write(actors::Level level, std::string_view kind, std::string_view message,
             std::span<const actors::Field> fields);
  void write_left_out(bool all);
  void apply_format();

  std::mutex mutex_;
  LogOptions options_;
  Now now_;
  Repeats repeats_;
  std::shared_ptr<spdlog::logger> lines_;
};

} // namespace nvrhub::app
