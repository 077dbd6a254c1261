#include <limits>
#include <vector>

#include <catch2/catch.hpp>

#include "protocol/encode/encode.hpp"

using namespace nvrhub::protocol;
using nvrhub::fleet::SkippedEntry;

namespace {

const std::vector<SkippedEntry> two_skipped = {{0, std::nullopt, "name is missing"},
                                               {7, "CAM \"7\"", "status is wrong"}};

} // namespace

TEST_CASE("auth_ok") {
  AuthOk reply{.hostname = "DESKTOP-T7MNQIA",
               .nvr_id = 1,
               .session = 42,
               .cameras_updated = 2,
               .skipped = {},
               .id = std::nullopt};
  CHECK(encode(reply) ==
        R"({"type":"auth_ok","hostname":"DESKTOP-T7MNQIA","nvr_id":1,"session":42,"cameras_updated":2})");

  reply.skipped = two_skipped;
  reply.id = R"("a\"b")";
  CHECK(
      encode(reply) ==
      R"({"type":"auth_ok","hostname":"DESKTOP-T7MNQIA","nvr_id":1,"session":42,"cameras_updated":2,)"
      R"("skipped":[{"index":0,"reason":"name is missing"},{"index":7,"name":"CAM \"7\"","reason":"status is wrong"}],)"
      R"("id":"a\"b"})");
}

TEST_CASE("ack") {
  CHECK(encode(Ack{"17", 1234, 3, {}}) == R"({"type":"ack","id":17,"seq":1234,"cameras_updated":3})");
  CHECK(
      encode(Ack{R"("x")", 0, 0, two_skipped}) ==
      R"({"type":"ack","id":"x","seq":0,"cameras_updated":0,)"
      R"("skipped":[{"index":0,"reason":"name is missing"},{"index":7,"name":"CAM \"7\"","reason":"status is wrong"}]})");
  CHECK(encode(Ack{"-1", std::numeric_limits<std::uint64_t>::max(), std::numeric_limits<std::uint32_t>::max(), {}}) ==
        R"({"type":"ack","id":-1,"seq":18446744073709551615,"cameras_updated":4294967295})");
}

TEST_CASE("error") {
  CHECK(encode_error(ErrorCode::bad_json, "not JSON") == R"({"type":"error","code":"bad_json","message":"not JSON"})");
  CHECK(encode_error(ErrorCode::bad_message, "type is \"x\"\n", "17") ==
        R"({"type":"error","code":"bad_message","message":"type is \"x\"\n","id":17})");
  CHECK(encode_error(ErrorCode::rate_limited, "slow down", R"("q")", 30) ==
        R"({"type":"error","code":"rate_limited","message":"slow down","id":"q","retry_after":30})");
  CHECK(encode_error(ErrorCode::shutting_down, "", std::nullopt, 0) ==
        R"({"type":"error","code":"shutting_down","message":"","retry_after":0})");
}
