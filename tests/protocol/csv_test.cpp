#include "protocol/csv.hpp"

#include <catch2/catch.hpp>

using namespace nvrhub;
using namespace nvrhub::protocol;
using fleet::Source;
using fleet::Status;

namespace {

constexpr fleet::WallMillis at = 1'705'314'600'000; // 2024-01-15T10:30:00Z

std::string row(Csv table) {
  const std::string text = table.take();
  return text.substr(text.find("\r\n") + 2);
}

std::string cell(std::string_view text) {
  Csv table("h");
  table.text(text).end_row();
  return row(std::move(table));
}

fleet::Nvr nvr() {
  fleet::Nvr made;
  made.id = 7;
  made.hostname = "NVR, \"one\"";
  made.device_name = "@home";
  made.online = true;
  made.last_seen = at;
  return made;
}

} // namespace

TEST_CASE("csv: cells are quoted where necessary") {
  CHECK(cell("plain") == "plain\r\n");
  CHECK(cell("") == "\r\n");
  CHECK(cell("a,b") == "\"a,b\"\r\n");
  CHECK(cell("say \"hi\"") == "\"say \"\"hi\"\"\"\r\n");
  CHECK(cell("two\nlines") == "\"two\nlines\"\r\n");
  CHECK(cell("ä €") == "ä €\r\n");
}

TEST_CASE("csv: no text reads as a formula") {
  CHECK(cell("=1+1") == "'=1+1\r\n");
  CHECK(cell("+1") == "'+1\r\n");
  CHECK(cell("-1") == "'-1\r\n");
  CHECK(cell("@SUM(A1)") == "'@SUM(A1)\r\n");
  CHECK(cell("\tx") == "'\tx\r\n");
  CHECK(cell("\rx") == "\"'\rx\"\r\n");
  CHECK(cell("=HYPERLINK(\"a\",\"b\")") == "\"'=HYPERLINK(\"\"a\"\",\"\"b\"\")\"\r\n");
  CHECK(cell("a=1") == "a=1\r\n");
}

TEST_CASE("csv: rows have the columns of their header") {
  const auto commas = [](const std::string& line) { return std::count(line.begin(), line.end(), ','); };
  fleet::Nvr plain;
  plain.id = 1;
  plain.hostname = "N";
  fleet::Nvr with_cameras = plain;
  with_cameras.add("A", "10.0.0.1");
  fleet::Event event;
  event.hostname = "N";
  fleet::Event online = event;
  online.cameras.push_back({"A", Status::online(), Source::reported});
  for (const Detail detail : {Detail::camera, Detail::nvr, Detail::counts}) {
    for (const fleet::Nvr& each : {plain, with_cameras}) {
      Csv table = nvr_table(detail);
      add_nvr(table, each, false, detail);
      const std::string text = table.take();
      const std::size_t end = text.find("\r\n");
      CHECK(commas(text.substr(0, end)) == commas(text.substr(end)));
    }
  }
  for (const fleet::Event& each : {event, online}) {
    Csv table = event_table();
    add_event(table, each);
    const std::string text = table.take();
    const std::size_t end = text.find("\r\n");
    CHECK(commas(text.substr(0, end)) == commas(text.substr(end)));
  }
}

TEST_CASE("csv: NVRs, a row per camera or per NVR") {
  fleet::Nvr made = nvr();
  made.add("Gate", "10.0.0.7");
  made.cameras[0].status = *Status::parse("video_loss");
  made.cameras[0].since = at;
  made.add("Yard", "");
  const std::string names = "7,\"NVR, \"\"one\"\"\",'@home,,online,2024-01-15T10:30:00.000Z,true";
  Csv table = nvr_table(Detail::camera);
  add_nvr(table, made, true, Detail::camera);
  CHECK(row(std::move(table)) == names + ",Gate,video_loss,10.0.0.7,reported,2024-01-15T10:30:00.000Z\r\n" + names +
                                     ",Yard,offline,,reported,\r\n");
  Csv bare = nvr_table(Detail::camera);
  add_nvr(bare, nvr(), true, Detail::camera);
  CHECK(row(std::move(bare)) == names + ",,,,,\r\n");
  Csv outline = nvr_table(Detail::nvr);
  add_nvr(outline, made, true, Detail::nvr);
  CHECK(row(std::move(outline)) == names + "\r\n");
  Csv counts = nvr_table(Detail::counts);
  add_nvr(counts, made, true, Detail::counts);
  CHECK(row(std::move(counts)) == names + ",0,1,1\r\n");
}

TEST_CASE("csv: events, a row per camera") {
  fleet::Event event;
  event.seq = 12;
  event.at = at;
  event.kind = fleet::Kind::cameras;
  event.nvr_id = 7;
  event.hostname = "N";
  event.cameras_updated = 2;
  event.cameras = {{"A", Status::online(), Source::reported},
                   {"=B", Status::offline(), Source::manual, *Status::parse("-x")}};
  Csv table = event_table();
  add_event(table, event);
  const std::string start = "12,2024-01-15T10:30:00.000Z,cameras,7,N,,,2,";
  CHECK(row(std::move(table)) == start + "A,online,reported,offline\r\n" + start + "'=B,offline,manual,'-x\r\n");
  Csv of_one = event_table();
  const std::string camera = "A";
  add_event(of_one, event, &camera);
  CHECK(row(std::move(of_one)) == start + "A,online,reported,offline\r\n");

  event.cameras.clear();
  event.kind = fleet::Kind::nvr_offline;
  event.cause = fleet::Cause::timeout;
  Csv offline = event_table();
  add_event(offline, event, &camera);
  CHECK(row(std::move(offline)) == "12,2024-01-15T10:30:00.000Z,nvr_offline,7,N,timeout,,2,,,,\r\n");
  fleet::Event admin;
  admin.seq = 1;
  admin.at = at;
  admin.kind = fleet::Kind::admin;
  admin.detail = "a, b";
  Csv of_none = event_table();
  add_event(of_none, admin);
  CHECK(row(std::move(of_none)) == "1,2024-01-15T10:30:00.000Z,admin,,,,\"a, b\",,,,,\r\n");
}

TEST_CASE("csv: availability and timeline") {
  fleet::Availability measured{1'500, 500, 0, {{at, at + 500, "video_loss"}}};
  const std::string range = "2024-01-15T10:30:00.000Z,2024-01-15T10:30:02.000Z";
  CHECK(availability_csv("N", "A", {at, at + 2'000}, measured) ==
        "hostname,camera,row,from,to,seconds,share,cause\r\n"
        "N,A,online," +
            range +
            ",1.5,0.75,\r\n"
            "N,A,offline," +
            range +
            ",0.5,,\r\n"
            "N,A,unobserved," +
            range +
            ",0,,\r\n"
            "N,A,outage,2024-01-15T10:30:00.000Z,2024-01-15T10:30:00.500Z,0.5,,video_loss\r\n");
  const TimelinePoint point{at, 6, 1, 2, 3, 4, 5};
  CHECK(timeline_csv({&point, 1}) ==
        "time,events,nvrs_online,nvrs_offline,cameras_online,cameras_offline,cameras_other\r\n"
        "2024-01-15T10:30:00.000Z,6,1,2,3,4,5\r\n");
}
