#include "client/backoff.hpp"
#include "client/local_time.hpp"
#include "client/nvr/status_sheet.hpp"
#include "client/tail/event_lines.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <string>

#include <nlohmann/json.hpp>

namespace client = nvrhub::client;
using Json = nlohmann::ordered_json;

namespace {

std::string lines_of(const std::string& event, const client::KnownNvr* known = nullptr) {
  return client::event_lines(Json::parse(event), client::CameraFilter({}), known);
}

std::string parsed_status(const char* text) {
  const auto camera = client::parse_camera_status(text);
  return camera ? camera->name + "|" + camera->status : "refused";
}

} // namespace

TEST_CASE("the lines of an event never contain a control character") {
  const std::string text = lines_of(R"({"kind":"admin","timestamp":"x","detail":"a\u001b[31mb\u009b2J\nc\u007fd é"})");
  CHECK(text == "x Administration: a?[31mb?2J?c?d é\n");
}

TEST_CASE("lines of incomplete and unknown events") {
  CHECK(lines_of(R"({"kind":"cameras"})").empty());
  CHECK(lines_of(
            R"({"kind":"cameras","hostname":"A","cameras_updated":1,"cameras":[{"name":"X","status":"online"},7]})") ==
        " A: Camera X: ? → online\n A: Updated 1 camera based on NVR systemStatus\n");
  CHECK(lines_of(R"({"kind":"eclipse","hostname":"A","x":1})") ==
        " A: eclipse: {\"kind\":\"eclipse\",\"hostname\":\"A\",\"x\":1}\n");
  CHECK(
      lines_of(
          R"({"kind":"cameras","hostname":"A","cameras_updated":2,"cameras":[{"name":"X","status":"online","from":"offline","status_source":"assumed"},
        {"name":"Y","status":"online","from":"online","status_source":"assumed"}]})") ==
      " A: Camera X: offline → online\n A: Updated 2 cameras assumed online: the NVR sent no systemStatus\n");
}

TEST_CASE("lines of alerts name their subject") {
  CHECK(
      lines_of(
          R"({"kind":"alert","alert":{"rule":"down","level":"site","site":"Main","change":"fired","severity":"critical"}})") ==
      " [Main]: Alert down: fired (critical)\n");
  CHECK(lines_of(R"({"kind":"alert","hostname":"A","alert":{"rule":"dark","site":"Main","hostname":"A","camera":"X",
        "change":"acknowledged","severity":"warning","acknowledged":{"by":"t1","note":"seen"}}})") ==
        " [Main] A: Alert dark of X: acknowledged by t1: seen\n");
  CHECK(lines_of(R"({"kind":"alert","alert":7})") == " Alert :  ()\n");
}

TEST_CASE("a registration is compared only with an older state of the NVR") {
  client::KnownNvr known{.hostname = "A", .device_name = "Hall", .site = "North", .seq = 4};
  const std::string event =
      R"({"seq":5,"kind":"registered","hostname":"A","nvr":{"hostname":"A","device_name":"Hall","site":null,"cameras":[]}})";
  CHECK(lines_of(event, &known) == " Hall (A): Site: North → none\n");
  known.seq = 6; // from a snapshot that is younger than the event
  CHECK(lines_of(event, &known) == " Hall (A): Registered with 0 cameras\n");
}

TEST_CASE("server times are shown in the local time zone") {
  setenv("TZ", "UTC-2", 1);
  tzset();
  CHECK(client::local_time("2024-01-15T22:31:00.123Z") == "2024-01-16 00:31:00");
  CHECK(client::local_time("soon") == "soon");
  CHECK(client::local_time("").empty());
  unsetenv("TZ");
  tzset();
}

TEST_CASE("NAME=STATUS is split at the last sign") {
  CHECK(parsed_status("CAM-001=online") == "CAM-001|online");
  CHECK(parsed_status(" a=b = video_loss\r") == "a=b|video_loss");
  CHECK(parsed_status("X=") == "X|");
  for (const char* wrong : {"", "CAM-001", "=online", "  =online"})
    CHECK(parsed_status(wrong) == "refused");
}

TEST_CASE("a status sheet keeps the order of its cameras and returns the former status") {
  client::StatusSheet sheet;
  CHECK(sheet.is_empty());
  CHECK_FALSE(sheet.set({"B", "online"}));
  CHECK_FALSE(sheet.set({"A", "online"}));
  CHECK(sheet.set({"B", "offline"}) == "online");
  CHECK(sheet.report().dump() ==
        R"({"status":"online","cameras":[{"name":"B","status":"offline"},{"name":"A","status":"online"}]})");
}

TEST_CASE("the delay before a reconnect doubles from half a second to 32 s and starts over") {
  client::Backoff backoff;
  CHECK(backoff.next(0).count() == 250);
  CHECK(backoff.next(0.9999).count() == 1000);
  for (int i = 0; i < 20; ++i)
    CHECK(backoff.next(0.5).count() <= 32'000);
  CHECK(backoff.next(0).count() == 16'000);
  backoff.reset();
  CHECK(backoff.next(0.9999).count() == 500);
}
