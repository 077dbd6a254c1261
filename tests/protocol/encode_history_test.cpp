#include <catch2/catch.hpp>

#include "protocol/encode/encode.hpp"

using namespace nvrhub;
using namespace nvrhub::protocol;

namespace {

constexpr fleet::WallMillis at = 1'705'314'600'000; // 2024-01-15T10:30:00Z

} // namespace

TEST_CASE("seconds have up to three decimals") {
  CHECK(seconds_text(0) == "0");
  CHECK(seconds_text(1) == "0.001");
  CHECK(seconds_text(10) == "0.01");
  CHECK(seconds_text(1'500) == "1.5");
  CHECK(seconds_text(120'000) == "120");
  CHECK(seconds_text(2'592'000'123) == "2592000.123");
}

TEST_CASE("availability has the form of protocol.md") {
  fleet::Availability measured{3'000, 1'000, 250};
  measured.outages = {{at, at + 400, "closed"}, {at + 1'000, at + 1'600, ""}};
  measured.observed = {{at, at + 4'000}};
  CHECK(encode_availability({at, at + 4'250}, measured) ==
        R"({"from":"2024-01-15T10:30:00.000Z","to":"2024-01-15T10:30:04.250Z","online_s":3,"offline_s":1,)"
        R"("unobserved_s":0.25,"share":0.75,"outages":[)"
        R"({"from":"2024-01-15T10:30:00.000Z","to":"2024-01-15T10:30:00.400Z","cause":"closed"},)"
        R"({"from":"2024-01-15T10:30:01.000Z","to":"2024-01-15T10:30:01.600Z","cause":null}],)"
        R"("observed":[{"from":"2024-01-15T10:30:00.000Z","to":"2024-01-15T10:30:04.000Z"}]})");
}

TEST_CASE("availability without observed time has no share") {
  CHECK(encode_availability({at, at + 1'000}, {0, 0, 1'000}) ==
        R"({"from":"2024-01-15T10:30:00.000Z","to":"2024-01-15T10:30:01.000Z","online_s":0,"offline_s":0,)"
        R"("unobserved_s":1,"share":null,"outages":[],"observed":[]})");
}

TEST_CASE("a share with an outage is never 1") {
  const fleet::Availability measured{2'592'000'000, 1, 0};
  CHECK(share_text(measured) != "1");
  CHECK(share_text(measured)->substr(0, 12) == "0.9999999996");
  CHECK(share_text({5, 0, 0}) == "1");
  CHECK(share_text({0, 5, 0}) == "0");
}

TEST_CASE("omitted outages are counted") {
  fleet::Availability measured{1'000, 0, 0};
  measured.left_out = 7;
  const std::string text = encode_availability({at, at + 1'000}, measured);
  CHECK(text.substr(text.find("\"outages\"")) == R"("outages":[],"observed":[],"outages_left_out":7})");
}

TEST_CASE("a timeline is a list of points") {
  const TimelinePoint points[] = {{at + 5'000, 3, 10, 1, 300, 20, 4}};
  CHECK(encode_timeline({at, at + 5'000}, 5, points) ==
        R"({"from":"2024-01-15T10:30:00.000Z","to":"2024-01-15T10:30:05.000Z","step_s":5,"points":[)"
        R"({"time":"2024-01-15T10:30:05.000Z","events":3,"nvrs":{"online":10,"offline":1},)"
        R"("cameras":{"online":300,"offline":20,"other":4}}]})");
  CHECK(encode_timeline({at, at + 5'000}, 5, {}) ==
        R"({"from":"2024-01-15T10:30:00.000Z","to":"2024-01-15T10:30:05.000Z","step_s":5,"points":[]})");
}
