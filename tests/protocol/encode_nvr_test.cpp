#include <catch2/catch.hpp>

#include "protocol/encode/encode.hpp"

using namespace nvrhub::protocol;
using namespace nvrhub::fleet;

TEST_CASE("an NVR without any data") {
  Nvr nvr;
  nvr.id = 1;
  nvr.hostname = "DESKTOP-T7MNQIA";
  nvr.device_name = "NVR-Main-Branch";
  CHECK(encode_nvr(nvr, false) ==
        R"({"nvr_id":1,"hostname":"DESKTOP-T7MNQIA","device_name":"NVR-Main-Branch","site":null,"status":"offline",)"
        R"("last_seen":null,"unconfirmed":false,"cameras":[]})");
}

TEST_CASE("an NVR with all data") {
  Nvr nvr;
  nvr.id = 4294967295;
  nvr.hostname = "h\"1\"";
  nvr.device_name = "Caf\xC3\xA9";
  nvr.site = "north";
  nvr.online = true;
  nvr.last_seen = 1'705'314'600'000;
  nvr.session = 9;
  Camera& first = nvr.add("CAM-001", "192.168.0.101");
  first.status = Status::online();
  first.since = 1'705'314'600'001;
  nvr.add("CAM-002", "").source = Source::nvr_unreachable;
  Camera& third = nvr.add("CAM-003", "host\\x");
  third.status = Status::parse("video_loss").value();
  third.source = Source::manual;

  CHECK(
      encode_nvr(nvr, true) ==
      R"({"nvr_id":4294967295,"hostname":"h\"1\"","device_name":"Café","site":"north","status":"online",)"
      R"("last_seen":"2024-01-15T10:30:00.000Z","unconfirmed":true,"cameras":[)"
      R"({"name":"CAM-001","status":"online","ip_address":"192.168.0.101","status_source":"reported","since":"2024-01-15T10:30:00.001Z"},)"
      R"({"name":"CAM-002","status":"offline","ip_address":null,"status_source":"nvr_unreachable","since":null},)"
      R"({"name":"CAM-003","status":"video_loss","ip_address":"host\\x","status_source":"manual","since":null}]})");
}
