#include "simulate/fleet.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "simulate/nvr/message.hpp"

using namespace nvrhub::simulate;

namespace {

FleetSpec fleet(std::uint64_t seed = 1, double change_rate = 0.3) {
  return {.hostname_prefix = "NVR-", .nvrs = 100, .cameras = 32, .change_rate = change_rate, .seed = seed};
}

using States = std::vector<CameraState>;

std::vector<States> history(const FleetSpec& spec, std::uint32_t index, int reports) {
  NvrModel model(spec, index);
  std::vector<States> states{model.cameras()};
  for (int i = 0; i < reports; ++i) {
    model.step();
    states.push_back(model.cameras());
  }
  return states;
}

std::uint32_t differences(const States& a, const States& b) {
  std::uint32_t count = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    count += a[i] != b[i] ? 1 : 0;
  return count;
}

} // namespace

TEST_CASE("seed and index determine the reports") {
  CHECK(history(fleet(7), 3, 500) == history(fleet(7), 3, 500));
  CHECK(history(fleet(7), 3, 500) != history(fleet(7), 4, 500));
  CHECK(history(fleet(7), 3, 500) != history(fleet(8), 3, 500));
  CHECK(history(fleet(7), 3, 500) != history(fleet(8), 2, 500));
}

TEST_CASE("the reports of one NVR do not depend on the size of the fleet or on its drops") {
  auto larger = fleet(7);
  larger.nvrs = 20'000;
  CHECK(history(fleet(7), 3, 500) == history(larger, 3, 500));

  const auto spec = fleet(7);
  NvrModel steady(spec, 3);
  NvrModel dropping(spec, 3);
  for (int i = 0; i < 500; ++i) {
    if (i % 10 == 0) dropping.next_drop(0.5);
    CHECK(steady.step() == dropping.step());
  }
  CHECK(steady.cameras() == dropping.cameras());
}

// A changed generator would make runs incomparable with older ones; no other test would fail.
TEST_CASE("the generator is splitmix64") {
  Random random(1234567);
  CHECK(random.next() == 6457827717110365317ULL);
  CHECK(random.next() == 3203168211198807973ULL);
  CHECK(random.next() == 9817491932198370423ULL);
}

TEST_CASE("a step returns the number of changed cameras, and changes come at the requested rate") {
  const auto spec = fleet(1, 0.1);
  int changed_reports = 0;
  std::size_t down = 0;
  for (std::uint32_t index = 0; index < 20; ++index) {
    NvrModel model(spec, index);
    for (int i = 0; i < 1000; ++i) {
      const States before = model.cameras();
      const std::uint32_t changed = model.step();
      REQUIRE(changed == differences(before, model.cameras()));
      changed_reports += changed > 0 ? 1 : 0;
    }
    const auto& now = model.cameras();
    down += static_cast<std::size_t>(
        std::count_if(now.begin(), now.end(), [](CameraState s) { return s != CameraState::online; }));
  }
  CHECK(changed_reports == Approx(2000).epsilon(0.1));
  CHECK(down > 0);
  CHECK(down < 20 * 32 / 3); // cameras recover
}

TEST_CASE("change rate 0 changes nothing, and a single camera or none works") {
  auto spec = fleet(1, 0);
  NvrModel still(spec, 0);
  for (int i = 0; i < 100; ++i)
    REQUIRE(still.step() == 0);
  spec.change_rate = 1;
  spec.cameras = 1;
  NvrModel single(spec, 0);
  for (int i = 0; i < 100; ++i)
    REQUIRE(single.step() == 1);
  spec.cameras = 0;
  NvrModel none(spec, 0);
  REQUIRE(none.step() == 0);
}

TEST_CASE("drops come at the requested rate") {
  NvrModel model(fleet(), 0);
  double minutes = 0;
  int clean = 0;
  for (int i = 0; i < 2000; ++i) {
    const auto drop = model.next_drop(0.5);
    minutes += std::chrono::duration<double, std::ratio<60>>(drop.after).count();
    clean += drop.clean ? 1 : 0;
    REQUIRE(drop.away >= std::chrono::seconds(1));
  }
  CHECK(minutes / 2000 == Approx(2).epsilon(0.1));
  CHECK(clean == Approx(1000).epsilon(0.1));
}

TEST_CASE("index_of accepts only hostnames of the fleet") {
  const auto spec = fleet();
  CHECK(spec.hostname(0) == "NVR-00001");
  for (const std::uint32_t index : {0u, 41u, 99u})
    CHECK(spec.index_of(spec.hostname(index)) == index);
  for (const char* other : {"NVR-00000", "NVR-00101", "NVR-1", "NVR-0000001", "NVR-00001x", "nvr-00001", "NVR-", ""})
    CHECK_FALSE(spec.index_of(other));
}

TEST_CASE("camera addresses are unique in the fleet") {
  const auto spec = fleet();
  std::set<std::string> addresses;
  for (std::uint32_t index = 0; index < spec.nvrs; ++index) {
    for (std::uint32_t camera = 0; camera < spec.cameras; ++camera) {
      std::string address;
      spec.append_address(address, index, camera);
      addresses.insert(address);
    }
  }
  CHECK(addresses.size() == std::size_t{spec.nvrs} * spec.cameras);
  CHECK(addresses.contains("10.0.12.127"));
}

TEST_CASE("frames are the messages of seed.md") {
  const auto spec = fleet();
  const FrameWriter frames(spec);
  const NvrModel model(spec, 5);
  const auto auth = nlohmann::json::parse(frames.auth(5, model, "a\"b", 1));
  CHECK(auth["type"] == "auth");
  CHECK(auth["hostname"] == "NVR-00006");
  CHECK(auth["token"] == "a\"b");
  CHECK(auth["id"] == 1);
  CHECK_FALSE(nlohmann::json::parse(frames.auth(5, model, "", 1)).contains("token"));

  const auto at = std::chrono::system_clock::time_point(std::chrono::milliseconds(1705314600007));
  const std::string text = frames.heartbeat(5, model, 17, at);
  CHECK(text.size() > 1800);
  CHECK(text.size() < 2500);
  const auto beat = nlohmann::json::parse(text);
  CHECK(beat["type"] == "heartbeat");
  CHECK(beat["timestamp"] == "2024-01-15T10:30:00.007Z");
  CHECK(beat["id"] == 17);
  const auto& cameras = beat["systemStatus"]["cameras"];
  REQUIRE(cameras.size() == 32);
  for (std::size_t i = 0; i < cameras.size(); ++i)
    CHECK(cameras[i]["status"] == to_string(model.cameras()[i]));
  CHECK(cameras[31]["name"] == "CAM-032");
  CHECK(cameras[31]["ip_address"] == "10.0.0.191");

  const auto line = frames.import_line(5);
  CHECK(line.back() == '\n');
  CHECK(nlohmann::json::parse(line)["cameras"][31]["ip_address"] == "10.0.0.191");
}

TEST_CASE("server messages are parsed; wrong types and values are tolerated") {
  const auto ack = parse_incoming(R"({"type":"ack","id":3,"seq":9,"cameras_updated":2,"skipped":[{"index":0}]})");
  REQUIRE(ack);
  CHECK(ack->type == Incoming::Type::ack);
  CHECK((ack->id == 3 && ack->seq == 9 && ack->cameras_updated == 2 && ack->skipped == 1));
  const auto error = parse_incoming(R"({"type":"error","code":"rate_limited","message":"slow","retry_after":1.5})");
  REQUIRE(error);
  CHECK(error->code == "rate_limited");
  CHECK(error->retry_after == std::chrono::milliseconds(1500));
  CHECK(parse_incoming(R"({"type":"error","retry_after":1e300})")->retry_after == std::chrono::hours(1));
  CHECK(parse_incoming(R"({"type":7,"id":"x","seq":-1})")->type == Incoming::Type::other);
  CHECK_FALSE(parse_incoming("[]"));
  CHECK_FALSE(parse_incoming("{"));
}
