#include <catch2/catch.hpp>

#include <chrono>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <nlohmann/json.hpp>

#include "app/log/logger.hpp"
#include "protocol/encode/encode.hpp"

using namespace nvrhub;
using actors::Level;
using app::LogFormat;
using nlohmann::json;

namespace {

/// A Logger whose lines are kept, with clocks that the test controls.
struct LogCapture {
  std::vector<std::string> lines;
  std::chrono::steady_clock::time_point now{std::chrono::hours(1)};
  std::chrono::system_clock::time_point wall_clock{std::chrono::microseconds(1'767'225'600'007'999)};
  app::Logger logger;

  explicit LogCapture(app::LogOptions options)
      : logger(
            options, [this](std::string line) { lines.push_back(std::move(line)); }, [this] { return now; },
            [this] { return wall_clock; }) {}

  json last() const { return json::parse(lines.back()); }
};

app::LogOptions as(LogFormat format) {
  return {.format = format};
}

} // namespace

TEST_CASE("log: JSON has one object per line with time, level, event, message and typed fields") {
  LogCapture captured(as(LogFormat::json));
  const actors::Log log = captured.logger.interface();
  log(Level::warn, "unknown_hostname", "refused an NVR",
      {{"hostname", std::string("NVR-1")},
       {"tries", 3},
       {"share", 0.5},
       {"known", false},
       {"bytes", std::uint64_t{1} << 63}});
  REQUIRE(captured.lines.size() == 1);
  CHECK(captured.lines[0].back() == '\n');
  const json line = captured.last();
  CHECK(line.size() == 9);
  CHECK(line["level"] == "warning");
  CHECK(line["event"] == "unknown_hostname");
  CHECK(line["message"] == "refused an NVR");
  CHECK(line["hostname"] == "NVR-1");
  CHECK(line["tries"] == 3);
  CHECK(line["share"] == 0.5);
  CHECK(line["known"] == false);
  CHECK(line["bytes"] == std::uint64_t{1} << 63);
  CHECK(line["time"] == "2026-01-01T00:00:00.007Z");
}

TEST_CASE("log: every level and format has these exact bytes") {
  const struct {
    Level level;
    std::string name;
    std::string priority;
  } levels[] = {{Level::debug, "debug", "<7>"},
                {Level::info, "info", "<6>"},
                {Level::warn, "warning", "<4>"},
                {Level::error, "error", "<3>"}};
  const std::string time = "2026-01-01T00:00:00.007Z"; // truncated to milliseconds, UTC
  for (const auto& [level, name, priority] : levels) {
    const std::string text = "disk full disk=sda\n";
    const std::string object = "{\"time\":\"" + time + "\",\"level\":\"" + name +
                               "\",\"event\":\"degraded\",\"message\":\"disk full\",\"disk\":\"sda\"}\n";
    const auto line = [level = level](LogFormat format, bool for_journal) {
      LogCapture captured({.level = Level::debug, .format = format, .for_journal = for_journal});
      captured.logger.interface()(level, "degraded", "disk full", {{"disk", "sda"}});
      REQUIRE(captured.lines.size() == 1);
      return captured.lines[0];
    };
    CHECK(line(LogFormat::text, false) == time + " " + name + " " + text);
    CHECK(line(LogFormat::text, true) == priority + text);
    CHECK(line(LogFormat::json, false) == object);
    CHECK(line(LogFormat::json, true) == priority + object);
  }
}

TEST_CASE("log: the time is the wall clock's") {
  std::string line;
  app::Logger logger({}, [&line](std::string written) { line = std::move(written); });
  const auto before = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  logger.interface()(Level::info, "kind", "text");
  const auto after = std::chrono::system_clock::now();
  const auto at = protocol::parse_iso8601(line.substr(0, 24));
  REQUIRE(at);
  const std::chrono::system_clock::time_point time{std::chrono::milliseconds(*at)};
  CHECK(before <= time);
  CHECK(time <= after);
  CHECK(line.substr(24) == " info text\n");
}

TEST_CASE("log: any input bytes give one line of valid JSON") {
  std::mt19937 random(Catch::rngSeed());
  LogCapture captured({.format = LogFormat::json, .lines_per_minute = 1'000'000});
  for (int round = 0; round < 2'000; ++round) {
    std::string bytes(random() % 40, '\0');
    for (char& byte : bytes)
      byte = static_cast<char>(random());
    captured.logger.interface()(Level::info, "kind", bytes, {{"hostname", bytes}});
    REQUIRE(captured.lines.back().find('\n') == captured.lines.back().size() - 1);
    const json line = captured.last(); // throws unless it is valid JSON and UTF-8
    REQUIRE(line["message"] == line["hostname"]);
  }
  CHECK(captured.lines.size() == 2'000);
}

TEST_CASE("log: a text line cannot be broken or forged by its message and fields") {
  LogCapture captured(as(LogFormat::text));
  const std::string nasty = "NVR\n2026-01-01T00:00:00.000Z info forged\x1B[2J\x7F\"";
  captured.logger.interface()(Level::warn, "unknown_hostname", "refused: " + nasty,
                              {{"hostname", nasty}, {"site", "a b"}, {"id", "x-1"}});
  const std::string& line = captured.lines.back();
  CHECK(line.find('\n') == line.size() - 1);
  CHECK(line.find('\x1B') == std::string::npos);
  CHECK(line.find('\x7F') == std::string::npos);
  CHECK(line.find(" warning refused: NVR\\n2026") == 24);
  CHECK(line.find("hostname=\"NVR\\n2026") != std::string::npos);
  CHECK(line.find(" site=\"a b\" id=x-1\n") != std::string::npos);
}

TEST_CASE("log: a long text is truncated") {
  for (const LogFormat format : {LogFormat::text, LogFormat::json}) {
    LogCapture captured(as(format));
    const std::string text(100'000, 'x');
    captured.logger.interface()(Level::info, "kind", text, {{"hostname", text}});
    CHECK(captured.lines.back().size() < 3'000);
  }
}

TEST_CASE("log: lines below the level are not written, and the level can change") {
  LogCapture captured({.level = Level::warn});
  const actors::Log log = captured.logger.interface();
  log(Level::info, "kind", "quiet");
  CHECK(captured.lines.empty());
  log(Level::error, "kind", "loud");
  CHECK(captured.lines.size() == 1);
  captured.logger.set(Level::debug, LogFormat::json, true);
  log(Level::debug, "kind", "quiet");
  CHECK(captured.last()["level"] == "debug");
  captured.logger.set(std::nullopt, LogFormat::json, true);
  log(Level::error, "kind", "off");
  CHECK(captured.lines.size() == 2);
}

TEST_CASE("log: lines of one kind beyond the rate limit are counted and reported once") {
  LogCapture captured({.format = LogFormat::json, .lines_per_minute = 3});
  const actors::Log log = captured.logger.interface();
  for (int i = 0; i < 10; ++i)
    log(Level::info, "flood", "again", {{"number", i}});
  log(Level::error, "flood", "again");
  CHECK(captured.lines.size() == 3);
  log(Level::info, "other", "not affected");
  CHECK(captured.lines.size() == 4);

  captured.now += std::chrono::seconds(59);
  captured.logger.report_suppressed();
  CHECK(captured.lines.size() == 4);
  captured.now += std::chrono::seconds(1);
  captured.logger.report_suppressed();
  REQUIRE(captured.lines.size() == 5);
  CHECK(captured.last()["event"] == "flood");
  CHECK(captured.last()["left_out"] == 8);
  CHECK(captured.last()["level"] == "error"); // the most severe of the suppressed lines
  captured.logger.report_suppressed();
  CHECK(captured.lines.size() == 5);

  for (int i = 0; i < 4; ++i)
    log(Level::info, "flood", "a new minute");
  CHECK(captured.lines.size() == 8);
  captured.logger.report_suppressed(true); // at the end
  CHECK(captured.last()["left_out"] == 1);
}

TEST_CASE("log: a kind below its rate limit is never suppressed") {
  LogCapture captured({.lines_per_minute = 2});
  for (int minute = 0; minute < 50; ++minute) {
    captured.logger.interface()(Level::info, "calm", "one");
    captured.logger.interface()(Level::info, "calm", "two");
    captured.now += std::chrono::minutes(1);
  }
  CHECK(captured.lines.size() == 100);
}

TEST_CASE("log: excess kinds share one rate limit") {
  LogCapture captured({.lines_per_minute = 1});
  for (int i = 0; i < 10'000; ++i)
    captured.logger.interface()(Level::info, "kind-" + std::to_string(i), "new");
  CHECK(captured.lines.size() < 200);
}

TEST_CASE("log: lines of many threads stay whole while level and format are set") {
  std::vector<std::string> lines;
  app::Logger logger({.format = LogFormat::json, .lines_per_minute = 1'000'000}, [&lines](std::string line) {
    lines.push_back(std::move(line)); // one thread at a time
  });
  constexpr int threads = 4;
  constexpr int each = 500;
  std::vector<std::thread> talkers;
  for (int talker = 0; talker < threads; ++talker) {
    talkers.emplace_back([&logger, talker] {
      const actors::Log log = logger.interface();
      for (int i = 0; i < each; ++i)
        log(Level::info, "talk", "one of many", {{"talker", talker}, {"number", i}});
    });
  }
  for (int i = 0; i < each; ++i) {
    logger.set(Level::info, LogFormat::json, true);
    logger.report_suppressed();
  }
  for (std::thread& talker : talkers)
    talker.join();
  std::vector<int> next(threads);
  for (const std::string& line : lines) {
    const json parsed = json::parse(line);
    REQUIRE(parsed["number"] == next[parsed["talker"]]++); // each thread's lines are in order
  }
  CHECK(next == std::vector<int>(threads, each));
}

TEST_CASE("log: journald gets a priority and no time") {
  LogCapture captured({.for_journal = true});
  captured.logger.interface()(Level::error, "failed", "disk full", {{"disk", "sda"}});
  CHECK(captured.lines.back() == "<3>disk full disk=sda\n");
}

TEST_CASE("log: a default Log discards everything") {
  actors::Log()(Level::error, "kind", "discarded", {{"hostname", "NVR-1"}});
}

TEST_CASE("log: is_enabled follows the level, which may change") {
  LogCapture captured({.level = Level::warn});
  const actors::Log log = captured.logger.interface();
  CHECK_FALSE(log.is_enabled(Level::debug));
  CHECK_FALSE(log.is_enabled(Level::info));
  CHECK(log.is_enabled(Level::warn));
  captured.logger.set(Level::debug, LogFormat::text, true);
  CHECK(log.is_enabled(Level::debug));
  captured.logger.set(std::nullopt, LogFormat::text, true);
  CHECK_FALSE(log.is_enabled(Level::warn));
  CHECK_FALSE(actors::Log().is_enabled(Level::error));
}
