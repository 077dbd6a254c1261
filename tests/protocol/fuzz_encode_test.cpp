#include <string>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "fleet/names.hpp"
#include "protocol/encode/encode.hpp"
#include "protocol/fuzz.hpp"

using namespace nvrhub::protocol;
using namespace nvrhub::protocol::test;
using nlohmann::json;
namespace fleet = nvrhub::fleet;

TEST_CASE("strings of any bytes are encoded as valid JSON, and UTF-8 is decoded to the same string") {
  Fuzz fuzz("random strings");
  CAPTURE(fuzz.seed());
  int well_formed = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string bytes = i % 2 == 0 ? fuzz.bytes(i % 7 == 0 ? 100 : 4) : fuzz.tokens(6);
    CAPTURE(bytes);
    const json error = json::parse(encode_http_error("c", bytes, bytes), nullptr, false);
    REQUIRE(error.is_object());
    if (!fleet::is_utf8(bytes)) continue;
    ++well_formed;
    REQUIRE(error["error"]["message"] == bytes);
    REQUIRE(error["error"].contains("field") == !bytes.empty());
  }
  CHECK(well_formed > 1000);
}

TEST_CASE("events and NVRs of any bytes are encoded as valid JSON") {
  Fuzz fuzz("random events");
  CAPTURE(fuzz.seed());
  for (int i = 0; i < 5'000; ++i) {
    fleet::Nvr nvr;
    nvr.hostname = fuzz.bytes(20);
    nvr.device_name = fuzz.tokens(3);
    nvr.site = fuzz.bytes(3);
    nvr.last_seen = static_cast<std::int64_t>(fuzz.below(SIZE_MAX));
    nvr.add(fuzz.bytes(8), fuzz.bytes(8)).since = -static_cast<std::int64_t>(fuzz.below(SIZE_MAX / 2));
    fleet::Event event;
    event.seq = fuzz.below(SIZE_MAX);
    event.at = static_cast<std::int64_t>(fuzz.below(SIZE_MAX));
    event.kind = static_cast<fleet::Kind>(fuzz.below(7));
    event.nvr_id = static_cast<std::uint32_t>(fuzz.below(3));
    event.hostname = nvr.hostname;
    event.device_name = nvr.device_name;
    event.cameras = {{fuzz.bytes(5), fleet::Status::online(), fleet::Source::manual}};
    event.detail = fuzz.bytes(10);
    if (fuzz.below(2) == 0) event.nvr = nvr;
    if (fuzz.below(2) == 0) event.cause = fleet::Cause::error;

    REQUIRE(json::parse(encode_event(event), nullptr, false)["seq"] == event.seq);
    REQUIRE(json::parse(encode_feed(event), nullptr, false)["nvr_id"] == event.nvr_id);
    REQUIRE(json::parse(encode_nvr(nvr, true), nullptr, false)["cameras"].size() == 1);
  }
}
