#include "app/log/logger.hpp"

#include <array>
#include <cstdlib>
#include <exception>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

#include <spdlog/details/null_mutex.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>

namespace nvrhub::app {

namespace {

using actors::Level;

spdlog::level::level_enum spdlog_level(Level level) {
  constexpr std::array levels{spdlog::level::debug, spdlog::level::info, spdlog::level::warn, spdlog::level::err};
  return levels[static_cast<std::size_t>(level)];
}

/// sd-daemon(3): what journald and syslog call these levels.
std::string_view priority(spdlog::level::level_enum level) {
  switch (level) {
  case spdlog::level::err:
    return "<3>";
  case spdlog::level::warn:
    return "<4>";
  case spdlog::level::info:
    return "<6>";
  default:
    return "<7>";
  }
}

/// spdlog words time and level; this hands the line over. Logger's mutex guards it.
class HandOver : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
public:
  HandOver(Logger::Write write, bool with_priority) : write_(std::move(write)), with_priority_(with_priority) {}

private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    std::string text(with_priority_ ? priority(message.level) : "");
    write_(text.append(line.data(), line.size()));
  }
  void flush_() override {}

  Logger::Write write_;
  bool with_priority_;
};

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

Logger::Logger(LogOptions options, Write write, Now now)
    : options_(options), now_(std::move(now)), repeats_(options.repeats),
      lines_(std::make_shared<spdlog::logger>("nvrhub",
                                              std::make_shared<HandOver>(std::move(write), options.for_journal))) {
  lines_->set_level(spdlog::level::debug);
  apply_format();
}

Logger::~Logger() = default;

void Logger::apply_format() {
  const char* pattern = options_.format == LogFormat::json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})"
                        : options_.for_journal             ? "%v"
                                                           : "%Y-%m-%dT%H:%M:%S.%eZ %l %v";
  lines_->set_formatter(
      std::make_unique<spdlog::pattern_formatter>(pattern, spdlog::pattern_time_type::utc, std::string("\n")));
}

void Logger::log(Level level, std::string_view kind, std::string_view message, std::span<const actors::Field> fields) {
  try {
    const std::lock_guard lock(mutex_);
    if (!options_.level || level < *options_.level) return;
    write_left_out(false);
    if (level != Level::debug && !repeats_.admit(kind, level, now_())) return;
    write(level, kind, message, fields);
  } catch (const std::exception&) { // out of memory: a line less
  }
}

void Logger::write(Level level, std::string_view kind, std::string_view message,
                   std::span<const actors::Field> fields) {
  lines_->log(spdlog_level(level), spdlog::string_view_t(log_payload(options_.format, kind, message, fields)));
}

void Logger::write_left_out(bool all) {
  for (const Repeats::LeftOut& left : repeats_.take(now_(), all)) {
    const std::string message = "more lines of the kind " + left.kind + " came within a minute and were left out";
    const actors::Field count{"left_out", left.lines};
    write(left.level, left.kind, message, {&count, 1});
  }
}

void Logger::set(std::optional<Level> level, LogFormat format) {
  const std::lock_guard lock(mutex_);
  options_.level = level;
  options_.format = format;
  apply_format();
}

void Logger::tell_left_out(bool all) {
  const std::lock_guard lock(mutex_);
  write_left_out(all);
}

actors::Log Logger::interface() {
  return actors::Log([this](Level level, std::string_view kind, std::string_view message,
                            std::span<const actors::Field> fields) { log(level, kind, message, fields); });
}

} // namespace nvrhub::app
