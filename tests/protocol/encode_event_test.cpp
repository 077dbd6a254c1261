#include <catch2/catch.hpp>

#include "protocol/encode/encode.hpp"

using namespace nvrhub::protocol;
using namespace nvrhub::fleet;

namespace {

Event event(Kind kind) {
  Event made;
  made.seq = 12;
  made.at = 1'705'314'600'000;
  made.kind = kind;
  made.nvr_id = 1;
  made.hostname = "DESKTOP-T7MNQIA";
  made.device_name = "NVR-Main-Branch";
  return made;
}

Event offline(Cause cause) {
  Event made = event(Kind::nvr_offline);
  made.cameras_updated = 32;
  made.cause = cause;
  return made;
}

} // namespace

TEST_CASE("nvr_online and cameras list the cameras that changed") {
  Event made = event(Kind::nvr_online);
  made.after.online = true;
  made.cameras_updated = 2;
  made.cameras = {{"CAM-001", Status::online(), Source::assumed},
                  {"CAM \"2\"", Status::parse("video_loss").value(), Source::reported, Status::online()}};
  CHECK(
      encode_event(made) ==
      R"({"seq":12,"timestamp":"2024-01-15T10:30:00.000Z","kind":"nvr_online","nvr_id":1,"hostname":"DESKTOP-T7MNQIA",)"
      R"("cameras_updated":2,"cameras":[{"name":"CAM-001","status":"online","from":"offline","status_source":"assumed"},)"
      R"({"name":"CAM \"2\"","status":"video_loss","from":"online","status_source":"reported"}]})");

  made.kind = Kind::cameras;
  made.cameras = {};
  made.cameras_updated = 0;
  CHECK(encode_event(made) ==
        R"({"seq":12,"timestamp":"2024-01-15T10:30:00.000Z","kind":"cameras","nvr_id":1,"hostname":"DESKTOP-T7MNQIA",)"
        R"("cameras_updated":0,"cameras":[]})");
}

TEST_CASE("nvr_offline has the cause and the number of cameras") {
  CHECK(encode_event(offline(Cause::server_restart)) ==
        R"({"seq":12,"timestamp":"2024-01-15T10:30:00.000Z","kind":"nvr_offline","nvr_id":1,)"
        R"("hostname":"DESKTOP-T7MNQIA","cause":"server_restart","cameras_updated":32})");
  CHECK(encode_event(offline(Cause::node_lost)).find(R"("cause":"node_lost")") != std::string::npos);
}

TEST_CASE("registered has the whole NVR") {
  Event made = event(Kind::registered);
  Nvr nvr;
  nvr.id = 1;
  nvr.hostname = "DESKTOP-T7MNQIA";
  nvr.device_name = "NVR-Main-Branch";
  nvr.site = "north";
  nvr.add("CAM-001", "10.0.0.1");
  made.nvr = nvr;
  CHECK(
      encode_event(made) ==
      R"({"seq":12,"timestamp":"2024-01-15T10:30:00.000Z","kind":"registered","nvr_id":1,"hostname":"DESKTOP-T7MNQIA",)"
      R"("nvr":{"nvr_id":1,"hostname":"DESKTOP-T7MNQIA","device_name":"NVR-Main-Branch","site":"north","status":"offline",)"
      R"("last_seen":null,"unconfirmed":false,"cameras":[{"name":"CAM-001","status":"offline","ip_address":"10.0.0.1",)"
      R"("status_source":"reported","since":null}]}})");
}

TEST_CASE("removed, conflict and admin") {
  CHECK(
      encode_event(event(Kind::removed)) ==
      R"({"seq":12,"timestamp":"2024-01-15T10:30:00.000Z","kind":"removed","nvr_id":1,"hostname":"DESKTOP-T7MNQIA"})");

  Event conflict = event(Kind::conflict);
  conflict.detail = "6 takeovers in a minute";
  CHECK(encode_event(conflict) ==
        R"({"seq":12,"timestamp":"2024-01-15T10:30:00.000Z","kind":"conflict","nvr_id":1,"hostname":"DESKTOP-T7MNQIA",)"
        R"("detail":"6 takeovers in a minute"})");

  Event admin;
  admin.seq = 13;
  admin.at = 1'705'314'600'001;
  admin.kind = Kind::admin;
  admin.detail = "token \"ops\" added";
  CHECK(encode_event(admin) ==
        R"({"seq":13,"timestamp":"2024-01-15T10:30:00.001Z","kind":"admin","detail":"token \"ops\" added"})");
}

TEST_CASE("the legacy feed has its six fields first, as in the example of seed.md") {
  Event made = event(Kind::cameras);
  made.after.online = true;
  made.cameras_updated = 2;
  CHECK(encode_feed(made) ==
        R"({"type":"nvr_status_update","hostname":"DESKTOP-T7MNQIA","device_name":"NVR-Main-Branch","nvr_id":1,)"
        R"("cameras_updated":2,"timestamp":"2024-01-15T10:30:00.000Z","status":"online","seq":12})");
}

TEST_CASE("the legacy feed has a cause only for an offline") {
  CHECK(encode_feed(offline(Cause::closed)) ==
        R"({"type":"nvr_status_update","hostname":"DESKTOP-T7MNQIA","device_name":"NVR-Main-Branch","nvr_id":1,)"
        R"("cameras_updated":32,"timestamp":"2024-01-15T10:30:00.000Z","status":"offline","seq":12,"cause":"closed"})");

  Event removed = event(Kind::removed);
  removed.after.online = true;
  removed.cameras_updated = 4;
  CHECK(encode_feed(removed) ==
        R"({"type":"nvr_status_update","hostname":"DESKTOP-T7MNQIA","device_name":"NVR-Main-Branch","nvr_id":1,)"
        R"("cameras_updated":4,"timestamp":"2024-01-15T10:30:00.000Z","status":"offline","seq":12})");

  Event manual = event(Kind::cameras);
  manual.hostname = "a\\b\"c";
  manual.device_name = "";
  CHECK(encode_feed(manual) ==
        R"({"type":"nvr_status_update","hostname":"a\\b\"c","device_name":"","nvr_id":1,)"
        R"("cameras_updated":0,"timestamp":"2024-01-15T10:30:00.000Z","status":"offline","seq":12})");
}
