#include "app/log/logger.hpp"

#include <array>
#include <cstdlib>
#include <exception>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

#include "app/log/change_line.hpp"
#include "protocol/encode/encode.hpp"

namespace nvrhub::app {

namespace {

using actors::Level;

struct LevelNames {
  std::string_view name;
  std::string_view priority; // sd-daemon(3)
};

const LevelNames& names_of(Level level) {
  static constexpr std::array<LevelNames, 4> names{
      LevelNames{"debug", "<7>"}, {"info", "<6>"}, {"warning", "<4>"}, {"error", "<3>"}};
  return names[static_cast<std::size_t>(level)];
}

std::string line_of(const LogOptions& options, Level level, std::string_view time, std::string_view payload) {
  const LevelNames& names = names_of(level);
  std::string line(options.for_journal ? names.priority : "");
  if (options.format == LogFormat::json) {
    line.append(R"({"time":")").append(time).append(R"(","level":")").append(names.name).append("\",");
    line.append(payload).append("}");
  } else if (options.for_journal) {
    line += payload;
  } else {
    line.append(time).append(" ").append(names.name).append(" ").append(payload);
  }
  return line += '\n';
}

} // namespace

std::optional<Level> log_level(std::string_view name) {
  if (name == "debug") return Level::debug;
  if (name == "info") return Level::info;
  if (name == "warn") return Level::warn;
  if (name == "error") return Level::error;
  return std::nullopt;
}

bool stderr_is_journal() {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat info {};
  if (stream == nullptr || ::fstat(STDERR_FILENO, &info) != 0) return false;
  return std::to_string(info.st_dev) + ":" + std::to_string(info.st_ino) == stream;
}

Logger::Logger(LogOptions options, Write write, Now now, WallClock wall_clock)
    : options_(options), write_(std::move(write)), now_(std::move(now)), wall_clock_(std::move(wall_clock)),
      limiter_(options.lines_per_minute), lowest_(options.level.value_or(Level::error)) {}

void Logger::log(Level level, std::string_view kind, std::string_view message, std::span<const actors::Field> fields) {
  try {
    const std::lock_guard lock(mutex_);
    if (!options_.level || level < *options_.level) return;
    write_suppressed(false);
    if (level != Level::debug && !limiter_.admit(kind, level, now_())) return;
    write(level, kind, message, fields);
  } catch (const std::exception&) { // out of memory: this line is lost
  }
}

void Logger::log_changes(std::span<const fleet::Event> events) {
  try {
    std::unique_lock lock(mutex_);
    const LogOptions options = options_;
    lock.unlock(); // other lines are not delayed while these are formatted
    if (!options.changes || !options.level || Level::info < *options.level) return;
    const std::string at = time();
    for (const fleet::Event& event : events) {
      if (!fleet::is_status_change(event)) continue;
      std::string line = line_of(options, Level::info, at, change_payload(options.format, event));
      lock.lock();
      write_(std::move(line));
      lock.unlock();
    }
  } catch (const std::exception&) { // out of memory: the remaining lines are lost
  }
}

std::string Logger::time() const {
  return protocol::iso8601(std::chrono::floor<std::chrono::milliseconds>(wall_clock_()).time_since_epoch().count());
}

void Logger::write(Level level, std::string_view kind, std::string_view message,
                   std::span<const actors::Field> fields) {
  write_(line_of(options_, level, time(), log_payload(options_.format, kind, message, fields)));
}

void Logger::write_suppressed(bool all) {
  for (const LogRateLimiter::Suppressed& suppressed : limiter_.take_suppressed(now_(), all)) {
    const std::string message = "log rate limit: further lines of kind " + suppressed.kind + " were dropped";
    const actors::Field count{"left_out", suppressed.lines};
    write(suppressed.level, suppressed.kind, message, {&count, 1});
  }
}

void Logger::set(std::optional<Level> level, LogFormat format, bool changes) {
  const std::lock_guard lock(mutex_);
  options_.level = level;
  lowest_ = level.value_or(Level::error);
  options_.format = format;
  options_.changes = changes;
}

void Logger::report_suppressed(bool all) {
  try {
    const std::lock_guard lock(mutex_);
    write_suppressed(all);
  } catch (const std::exception&) { // out of memory: the counts are lost
  }
}

actors::Log Logger::interface() {
  return actors::Log([this](Level level, std::string_view kind, std::string_view message,
                            std::span<const actors::Field> fields) { log(level, kind, message, fields); },
                     &lowest_);
}

} // namespace nvrhub::app
