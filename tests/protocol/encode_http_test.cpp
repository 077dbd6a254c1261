#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "protocol/encode/encode.hpp"

using namespace nvrhub::protocol;

TEST_CASE("summary") {
  CHECK(encode(Summary{12, 1, 2, 3, 4, 5, 6}) ==
        R"({"type":"summary","seq":12,"nvrs":{"online":1,"offline":2,"unconfirmed":3},)"
        R"("cameras":{"online":4,"offline":5,"other":6}})");
}

TEST_CASE("an HTTP error") {
  CHECK(encode_http_error("not_found", "no NVR \"x\"") == R"({"error":{"code":"not_found","message":"no NVR \"x\""}})");
  CHECK(encode_http_error("bad_request", "wrong", "cameras[3].name") ==
        R"({"error":{"code":"bad_request","message":"wrong","field":"cameras[3].name"}})");
}

TEST_CASE("pages of NVRs") {
  const std::vector<std::string> two = {R"({"nvr_id":1})", R"({"nvr_id":2})"};
  CHECK(encode_nvr_page(7, "e-1", two, "c\"2") ==
        R"({"seq":7,"epoch":"e-1","nvrs":[{"nvr_id":1},{"nvr_id":2}],"next":"c\"2"})");
  CHECK(encode_nvr_page(0, "e-1", {}, std::nullopt) == R"({"seq":0,"epoch":"e-1","nvrs":[],"next":null})");
  CHECK(encode_one_nvr(7, two[0]) == R"({"seq":7,"nvr":{"nvr_id":1}})");
}

TEST_CASE("pages of events") {
  const std::vector<std::string> two = {R"({"seq":1})", R"({"seq":2})"};
  CHECK(encode_event_page("e-1", two, "2") == R"({"epoch":"e-1","events":[{"seq":1},{"seq":2}],"next":"2"})");
  CHECK(encode_event_page("e-1", {}, std::nullopt) == R"({"epoch":"e-1","events":[],"next":null})");
}

TEST_CASE("the result of an import") {
  CHECK(encode_import_result(3, 2, {}) == R"({"created":3,"updated":2,"failed":[]})");
  const std::vector<ImportFailure> failed = {{4, "hostname is missing"}, {9, "not \"JSON\""}};
  CHECK(encode_import_result(0, 0, failed) ==
        R"({"created":0,"updated":0,"failed":[{"line":4,"message":"hostname is missing"},)"
        R"({"line":9,"message":"not \"JSON\""}]})");
}

TEST_CASE("any bytes are encoded as valid JSON") {
  const auto message = [](std::string_view bytes) {
    const std::string text = encode_http_error("c", bytes);
    const std::string before = R"({"error":{"code":"c","message":")";
    REQUIRE(text.starts_with(before));
    return text.substr(before.size(), text.size() - before.size() - 3);
  };
  using namespace std::string_literals;
  CHECK(message("\"\\/\b\f\n\r\t") == R"(\"\\/\u0008\u000c\n\r\t)");
  CHECK(message("\0\x1F\x7F"s) == "\\u0000\\u001f\x7F");
  CHECK(message("\xC3\xA9\xE5\x85\xA5\xF0\x9F\x93\xB9") == "\xC3\xA9\xE5\x85\xA5\xF0\x9F\x93\xB9");
  CHECK(message("a\xFFz") == "a\xEF\xBF\xBDz");
  CHECK(message("\xC3") == "\xEF\xBF\xBD");
  CHECK(message("\xE5\x85") == "\xEF\xBF\xBD\xEF\xBF\xBD");
  CHECK(message("\xED\xA0\x80").find("\xED") == std::string::npos);
  CHECK(message("\xC3\"") == "\xEF\xBF\xBD\\\"");
}
