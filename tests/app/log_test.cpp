#include <catch2/catch.hpp>

#include <chrono>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <nlohmann/json.hpp>

#include "app/log/logger.hpp"

using namespace nvrhub;
using actors::Level;
using app::LogFormat;
using nlohmann::json;

namespace {

/// A Logger whose lines are kept, under a clock that a test moves.
struct Heard {
  std::vector<std::string> lines;
  std::chrono::steady_clock::time_point now{std::chrono::hours(1)};
  app::Logger logger;

  explicit Heard(app::LogOptions options)
      : logger(
            options, [this](std::string line) { lines.push_back(std::move(line)); }, [this] { return now; }) {}

  json last() const { return json::parse(lines.back()); }
};

app::LogOptions as(LogFormat format) {
  return {.format = format};
}

} // namespace

TEST_CASE("log: JSON is an object a line with time, level, event, message and typed fields") {
  Heard heard(as(LogFormat::json));
  const actors::Log log = heard.logger.interface();
  log(Level::warn, "unknown_hostname", "refused an NVR",
      {{"hostname", std::string("NVR-1")},
       {"tries", 3},
       {"share", 0.5},
       {"known", false},
       {"bytes", std::uint64_t{1} << 63}});
  REQUIRE(heard.lines.size() == 1);
  CHECK(heard.lines[0].back() == '\n');
  const json line = heard.last();
  CHECK(line.size() == 9);
  CHECK(line["level"] == "warning");
  CHECK(line["event"] == "unknown_hostname");
  CHECK(line["message"] == "refused an NVR");
  CHECK(line["hostname"] == "NVR-1");
  CHECK(line["tries"] == 3);
  CHECK(line["share"] == 0.5);
  CHECK(line["known"] == false);
  CHECK(line["bytes"] == std::uint64_t{1} << 63);
  // 2026-11-23T07:00:00.123Z
  const std::string time = line["time"];
  REQUIRE(time.size() == 24);
  CHECK(time[10] == 'T');
  CHECK(time[19] == '.');
  CHECK(time.back() == 'Z');
}

TEST_CASE("log: whatever bytes go in, one line of valid JSON comes out") {
  std::mt19937 random(Catch::rngSeed());
  Heard heard({.format = LogFormat::json, .repeats = 1'000'000});
  for (int round = 0; round < 2'000; ++round) {
    std::string bytes(random() % 40, '\0');
    for (char& byte : bytes)
      byte = static_cast<char>(random());
    heard.logger.interface()(Level::info, "kind", bytes, {{"hostname", bytes}});
    REQUIRE(heard.lines.back().find('\n') == heard.lines.back().size() - 1);
    const json line = heard.last(); // throws if it is none, or no UTF-8
    REQUIRE(line["message"] == line["hostname"]);
  }
  CHECK(heard.lines.size() == 2'000);
}

TEST_CASE("log: a text line can't be broken or forged by what it tells") {
  Heard heard(as(LogFormat::text));
  const std::string nasty = "NVR\n2026-01-01T00:00:00.000Z info forged\x1B[2J\x7F\"";
  heard.logger.interface()(Level::warn, "unknown_hostname", "refused: " + nasty,
                           {{"hostname", nasty}, {"site", "a b"}, {"id", "x-1"}});
  const std::string& line = heard.lines.back();
  CHECK(line.find('\n') == line.size() - 1);
  CHECK(line.find('\x1B') == std::string::npos);
  CHECK(line.find('\x7F') == std::string::npos);
  CHECK(line.find(" warning refused: NVR\\n2026") == 24);
  CHECK(line.find("hostname=\"NVR\\n2026") != std::string::npos);
  CHECK(line.find(" site=\"a b\" id=x-1\n") != std::string::npos);
}

TEST_CASE("log: a long text is cut") {
  for (const LogFormat format : {LogFormat::text, LogFormat::json}) {
    Heard heard(as(format));
    const std::string text(100'000, 'x');
    heard.logger.interface()(Level::info, "kind", text, {{"hostname", text}});
    CHECK(heard.lines.back().size() < 3'000);
  }
}

TEST_CASE("log: what is below the level is not written, and the level can change") {
  Heard heard({.level = Level::warn});
  const actors::Log log = heard.logger.interface();
  log(Level::info, "kind", "quiet");
  CHECK(heard.lines.empty());
  log(Level::error, "kind", "loud");
  CHECK(heard.lines.size() == 1);
  heard.logger.set(Level::debug, LogFormat::json);
  log(Level::debug, "kind", "quiet");
  CHECK(heard.last()["level"] == "debug");
  heard.logger.set(std::nullopt, LogFormat::json);
  log(Level::error, "kind", "off");
  CHECK(heard.lines.size() == 2);
}

TEST_CASE("log: lines of one kind beyond so many a minute are counted, and told once") {
  Heard heard({.format = LogFormat::json, .repeats = 3});
  const actors::Log log = heard.logger.interface();
  for (int i = 0; i < 10; ++i)
    log(Level::info, "flood", "again", {{"number", i}});
  log(Level::error, "flood", "again");
  CHECK(heard.lines.size() == 3);
  log(Level::info, "other", "is not held up by it");
  CHECK(heard.lines.size() == 4);

  heard.now += std::chrono::seconds(59);
  heard.logger.tell_left_out();
  CHECK(heard.lines.size() == 4);
  heard.now += std::chrono::seconds(1);
  heard.logger.tell_left_out();
  REQUIRE(heard.lines.size() == 5);
  CHECK(heard.last()["event"] == "flood");
  CHECK(heard.last()["left_out"] == 8);
  CHECK(heard.last()["level"] == "error"); // the gravest of what is missing
  heard.logger.tell_left_out();
  CHECK(heard.lines.size() == 5);

  for (int i = 0; i < 4; ++i)
    log(Level::info, "flood", "a new minute");
  CHECK(heard.lines.size() == 8);
  heard.logger.tell_left_out(true); // at the end
  CHECK(heard.last()["left_out"] == 1);
}

TEST_CASE("log: a kind that stays below its number is never held back") {
  Heard heard({.repeats = 2});
  for (int minute = 0; minute < 50; ++minute) {
    heard.logger.interface()(Level::info, "calm", "one");
    heard.logger.interface()(Level::info, "calm", "two");
    heard.now += std::chrono::minutes(1);
  }
  CHECK(heard.lines.size() == 100);
}

TEST_CASE("log: kinds without end share one count") {
  Heard heard({.repeats = 1});
  for (int i = 0; i < 10'000; ++i)
    heard.logger.interface()(Level::info, "kind-" + std::to_string(i), "new");
  CHECK(heard.lines.size() < 200);
}

TEST_CASE("log: lines of many threads stay whole, whatever is changed meanwhile") {
  std::vector<std::string> lines;
  app::Logger logger({.format = LogFormat::json, .repeats = 1'000'000}, [&lines](std::string line) {
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
    logger.set(Level::info, LogFormat::json);
    logger.tell_left_out();
  }
  for (std::thread& talker : talkers)
    talker.join();
  std::vector<int> next(threads);
  for (const std::string& line : lines) {
    const json parsed = json::parse(line);
    REQUIRE(parsed["number"] == next[parsed["talker"]]++); // each thread's own in order
  }
  CHECK(next == std::vector<int>(threads, each));
}

TEST_CASE("log: journald gets a priority and no time") {
  Heard heard({.for_journal = true});
  heard.logger.interface()(Level::error, "failed", "no room", {{"disk", "sda"}});
  CHECK(heard.lines.back() == "<3>no room disk=sda\n");
}

TEST_CASE("log: a Log that goes nowhere takes everything") {
  actors::Log()(Level::error, "kind", "nobody listens", {{"hostname", "NVR-1"}});
}
