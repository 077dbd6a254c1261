// The log's lines about status changes.
#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "app/log/logger.hpp"

using namespace nvrhub;
using app::LogFormat;
using fleet::Event;
using fleet::Kind;
using fleet::Status;
using nlohmann::json;

namespace {

/// A Logger whose lines are kept.
struct ChangeLog {
  std::vector<std::string> lines;
  app::Logger logger;
  explicit ChangeLog(app::LogOptions options)
      : logger(
            options, [this](std::string line) { lines.push_back(std::move(line)); }, std::chrono::steady_clock::now,
            [] { return std::chrono::system_clock::time_point{std::chrono::seconds(1'767'225'600)}; }) {}
};

Event status_event(Kind kind, std::size_t cameras = 0) {
  Event event;
  event.seq = 12;
  event.kind = kind;
  event.nvr_id = 1;
  event.hostname = "NVR-1";
  event.device_name = "Main Branch";
  for (std::size_t i = 1; i <= cameras; ++i)
    event.cameras.push_back({"C" + std::to_string(i), Status::online(), fleet::Source::reported, Status::offline()});
  event.cameras_updated = static_cast<std::uint32_t>(cameras);
  return event;
}

std::string text_line(const Event& event) {
  ChangeLog log({.format = LogFormat::text});
  log.logger.log_changes({&event, 1});
  REQUIRE(log.lines.size() == 1);
  return log.lines[0];
}

json json_line(const Event& event) {
  ChangeLog log({.format = LogFormat::json});
  log.logger.log_changes({&event, 1});
  REQUIRE(log.lines.size() == 1);
  return json::parse(log.lines[0]);
}

} // namespace

TEST_CASE("status changes: a line has hostname, device name and each change") {
  Event event = status_event(Kind::cameras, 2);
  event.cameras[1].status = *Status::parse("video_loss");
  event.cameras[1].from = Status::online();
  CHECK(text_line(event) == "2026-01-01T00:00:00.000Z info camera status changed kind=cameras hostname=NVR-1 "
                            "device_name=\"Main Branch\" seq=12 cameras_updated=2 "
                            "changes=\"C1: offline → online, C2: online → video_loss\"\n");
  CHECK(json_line(event) == json{{"time", "2026-01-01T00:00:00.000Z"},
                                 {"level", "info"},
                                 {"event", "status_change"},
                                 {"message", "camera status changed"},
                                 {"kind", "cameras"},
                                 {"hostname", "NVR-1"},
                                 {"device_name", "Main Branch"},
                                 {"seq", 12},
                                 {"cameras_updated", 2},
                                 {"changes", "C1: offline → online, C2: online → video_loss"}});
}

TEST_CASE("status changes: ten cameras are listed, the others counted") {
  const std::string ten = json_line(status_event(Kind::nvr_online, 10))["changes"];
  CHECK(ten.ends_with(", C10: offline → online"));
  const std::string eleven = json_line(status_event(Kind::nvr_online, 11))["changes"];
  CHECK(eleven == ten + ", and 1 more");
  const std::string all = json_line(status_event(Kind::nvr_online, 1024))["changes"];
  CHECK(all == ten + ", and 1014 more");
  CHECK(text_line(status_event(Kind::nvr_online, 11)).find("and 1 more\"\n") != std::string::npos);

  // A camera of which only the source changed is neither listed nor counted.
  Event event = status_event(Kind::cameras, 11);
  event.cameras[3].from = event.cameras[3].status;
  const std::string without = json_line(event)["changes"];
  CHECK(without.find("C4:") == std::string::npos);
  CHECK(without.ends_with(", C11: offline → online"));
}

TEST_CASE("status changes: the longest names and statuses are not cut") {
  Event event = status_event(Kind::cameras, 11);
  std::string expected;
  for (std::size_t i = 0; i < 11; ++i) {
    event.cameras[i].name = std::string(199, i % 2 == 0 ? '"' : 'x') + static_cast<char>('a' + i);
    event.cameras[i].from = *Status::parse(std::string(32, 'f'));
    event.cameras[i].status = *Status::parse(std::string(32, 's'));
    if (i == 10) break;
    expected +=
        (i == 0 ? "" : ", ") + event.cameras[i].name + ": " + std::string(32, 'f') + " → " + std::string(32, 's');
  }
  CHECK(json_line(event)["changes"] == expected + ", and 1 more");
}

TEST_CASE("status changes: names cannot forge fields or lines") {
  Event event = status_event(Kind::cameras, 1);
  event.hostname = "a\" kind=nvr_offline \\";
  event.device_name = "tür=1";
  event.cameras[0].name = "say \"hi\", C2: online → offline";
  CHECK(text_line(event).find("hostname=\"a\\\" kind=nvr_offline \\\\\" device_name=\"tür=1\" seq=12 cameras_updated=1 "
                              "changes=\"say \\\"hi\\\", C2: online → offline: offline → online\"\n") !=
        std::string::npos);
  const json line = json_line(event);
  CHECK(line["hostname"] == event.hostname);
  CHECK(line["changes"] == event.cameras[0].name + ": offline → online");
}

TEST_CASE("status changes: an offline has the cause and stands for its cameras") {
  Event event = status_event(Kind::nvr_offline);
  event.cameras_updated = 16;
  event.cause = fleet::Cause::timeout;
  CHECK(text_line(event) == "2026-01-01T00:00:00.000Z info NVR offline kind=nvr_offline hostname=NVR-1 "
                            "device_name=\"Main Branch\" seq=12 cause=timeout cameras_updated=16\n");
  CHECK(json_line(status_event(Kind::nvr_online))["message"] == "NVR online");
  CHECK_FALSE(json_line(status_event(Kind::nvr_online)).contains("changes"));
  CHECK(json_line(status_event(Kind::removed))["message"] == "NVR removed");
}

TEST_CASE("status changes: other events have no line") {
  ChangeLog log({});
  std::vector<Event> events;
  for (const Kind kind : {Kind::registered, Kind::conflict, Kind::admin})
    events.push_back(status_event(kind));
  log.logger.log_changes(events);
  CHECK(log.lines.empty());
  events[0].cameras_updated = 1; // a camera was removed
  log.logger.log_changes(events);
  REQUIRE(log.lines.size() == 1);
  CHECK(log.lines[0].find("info camera removed kind=registered") != std::string::npos);
}

TEST_CASE("status changes: the rate limit does not apply; level and flag do") {
  ChangeLog log({.lines_per_minute = 3});
  const std::vector<Event> events(100, status_event(Kind::cameras, 1));
  log.logger.log_changes(events);
  CHECK(log.lines.size() == 100);
  log.logger.set(actors::Level::info, LogFormat::text, false);
  log.logger.log_changes(events);
  CHECK(log.lines.size() == 100);
  log.logger.set(actors::Level::warn, LogFormat::text, true);
  log.logger.log_changes(events);
  log.logger.set(std::nullopt, LogFormat::text, true);
  log.logger.log_changes(events);
  CHECK(log.lines.size() == 100);
  log.logger.set(actors::Level::debug, LogFormat::json, true);
  log.logger.log_changes(events);
  CHECK(log.lines.size() == 200);
  CHECK(json::parse(log.lines.back())["event"] == "status_change");
}

TEST_CASE("status changes: under journald a line has a priority and no time") {
  ChangeLog log({.for_journal = true});
  const Event event = status_event(Kind::nvr_online);
  log.logger.log_changes({&event, 1});
  REQUIRE(log.lines.size() == 1);
  CHECK(log.lines[0].starts_with("<6>NVR online kind=nvr_online hostname=NVR-1 "));
}
