#include "protocol/decode/heartbeat_fingerprint.hpp"

#include <catch2/catch.hpp>

#include "protocol/encode/encode.hpp"
#include "protocol/fuzz.hpp"

using namespace nvrhub::protocol;

namespace {

const std::string cameras =
    R"({"status":"online","cameras":[{"name":"A","status":"online"},{"name":"B","status":"offline"}]})";

std::string heartbeat(const std::string& rest = "") {
  return R"({"type":"heartbeat","systemStatus":)" + cameras + rest + "}";
}

std::string at(const std::string& time) {
  return R"(,"timestamp":")" + time + "\"";
}

std::optional<HeartbeatFingerprint> repeat_of(const std::string& frame) {
  const auto message = decode_nvr_message(frame);
  REQUIRE(message.has_value());
  return HeartbeatFingerprint::of(frame, *message);
}

HeartbeatFingerprint sure(const std::string& frame) {
  const auto fingerprint = repeat_of(frame);
  INFO(frame);
  REQUIRE(fingerprint.has_value());
  return *fingerprint;
}

} // namespace

TEST_CASE("fingerprint: only the same bytes match") {
  const HeartbeatFingerprint fingerprint = sure(heartbeat());
  const auto variables = fingerprint.match(heartbeat());
  REQUIRE(variables.has_value());
  CHECK_FALSE(variables->id);
  CHECK_FALSE(variables->timestamp);
  for (std::size_t i = 0; i < heartbeat().size(); ++i) {
    std::string other = heartbeat();
    other[i] ^= 1;
    CHECK_FALSE(fingerprint.match(other));
    CHECK_FALSE(fingerprint.match(heartbeat().substr(0, i)));
  }
  CHECK_FALSE(fingerprint.match(heartbeat() + " "));
  CHECK_FALSE(fingerprint.match(""));
}

TEST_CASE("fingerprint: a match returns the new timestamp and id") {
  const std::string first = at("2026-11-22T10:00:00.000Z");
  const std::string later = at("2026-11-22T10:00:30.5Z");
  const auto time = parse_iso8601("2026-11-22T10:00:30.5Z");
  CHECK(sure(heartbeat(first)).match(heartbeat(later))->timestamp == time);
  CHECK(sure(heartbeat(R"(,"id":7)")).match(heartbeat(R"(,"id":123)"))->id == "123");
  for (const bool id_first : {false, true}) {
    const auto both = [&](const std::string& id, const std::string& timestamp) {
      return heartbeat(id_first ? ",\"id\" : " + id + timestamp : timestamp + ",\"id\" : " + id);
    };
    const auto variables = sure(both("99", first)).match(both("100", later));
    REQUIRE(variables.has_value());
    CHECK(variables->id == "100");
    CHECK(variables->timestamp == time);
    CHECK_FALSE(sure(both("99", first)).match(both("99", at("2026-11-22T10:00:00.000Z\\u0020"))));
  }
  // A timestamp that does not parse is ignored, as by the decoder.
  const auto odd = sure(heartbeat(first)).match(heartbeat(at("2026-99-99T")));
  REQUIRE(odd.has_value());
  CHECK_FALSE(odd->timestamp);
}

TEST_CASE("fingerprint: an id that is not a number does not match") {
  const HeartbeatFingerprint fingerprint = sure(heartbeat(R"(,"id":7)"));
  for (const char* id : {"07", "-7", "7.0", "7e1", "\"7\"", "", "null", "7 ", "1234567890123456789012"})
    CHECK_FALSE(fingerprint.match(heartbeat(std::string(",\"id\":") + id)));
  CHECK(fingerprint.match(heartbeat(R"(,"id":0)"))->id == "0");
}

TEST_CASE("fingerprint: none for a frame whose repeats are ambiguous") {
  const auto none = [](const std::string& frame) {
    INFO(frame);
    CHECK_FALSE(repeat_of(frame).has_value());
  };
  none(R"({"type":"heartbeat"})");
  none(R"({"type":"heartbeat","systemStatus":null})");
  none(R"({"type":"auth","hostname":"H","systemStatus":)" + cameras + "}");
  none(heartbeat(R"(,"id":"a string")"));
  none(heartbeat(R"(,"id":-1)"));
  none(heartbeat(R"(,"id":1,"id":2)"));
  none(heartbeat(R"(,"id":1,"x":{"id":2})")); // between two objects
  none(heartbeat(R"(,"\u0069d":1)"));
  none(heartbeat(R"(,"id":1,"\u0069d":1)"));
  none(heartbeat(at("2026-11-22T10:00:00Z") + at("2026-11-22T10:00:00Z")));
  none(heartbeat(at("2026-11-22T10:00:00\\u005a")));
  none(heartbeat(R"(,"id":1,"x":"a\"")"));
}

TEST_CASE("fingerprint: timestamp and id are located before and after members that are not scalars") {
  const std::string status = R"("systemStatus":)" + cameras;
  const std::vector<std::pair<std::string, std::string>> frames{
      {R"({"type":"heartbeat","id":)", "," + status + "}"},
      {R"({"id" : )", R"( , "type":"heartbeat" ,)" + status + "}"},
      {R"( { "type":"heartbeat",)" + status + ",\"id\"\n:\t", " } "},
      {R"({"type":"heartbeat",)" + status + R"(,"x":"","id":)", "}"},
      {R"({"id":)", R"(,"type":"heartbeat",)" + status + R"(,"x":{"id":2}})"},
      {R"({"type":"heartbeat","x":[{"id":2}],)" + status + R"(,"id":)", R"(,"y":null})"},
      {R"({"type":"heartbeat",)" + status + R"(,"x":"id","id":)", R"(,"y":"id"})"},
      {R"({"type":"heartbeat","systemStatus":{"cameras":[{"name":"\"id\":2","status":"online"}]},"id":)", "}"},
      {R"({"type":"heartbeat","x":1e999,)" + status + R"(,"id":)", R"(,"y":-1.5e-7})"},
  };
  for (const auto& [before, after] : frames) {
    INFO(before << 7 << after);
    const auto variables = sure(before + "7" + after).match(before + "123" + after);
    REQUIRE(variables.has_value());
    CHECK(variables->id == "123");
  }
}

TEST_CASE("fingerprint: fields of the same name inside members must not change") {
  const std::string nested = heartbeat(R"(,"x":{"id":1,"timestamp":"2026-11-22T10:00:00Z"})");
  CHECK(sure(nested).match(nested));
  CHECK_FALSE(sure(nested).match(heartbeat(R"(,"x":{"id":2,"timestamp":"2026-11-22T10:00:00Z"})")));
}

TEST_CASE("fingerprint: every match decodes to the same report and to the id and timestamp of the match") {
  test::Fuzz fuzz("repeat");
  const std::vector<std::string> parts{R"("id":7)",
                                       R"("id":70)",
                                       R"("id":0)",
                                       R"("id":null)",
                                       R"("id":"7")",
                                       R"("timestamp":"2026-11-22T10:00:00Z")",
                                       R"("timestamp":"2026-11-22T10:00:01Z")",
                                       R"("timestamp":"T")",
                                       R"("timestamp":7)",
                                       R"("x":{"id":7})",
                                       R"("x":{"timestamp":"2026-11-22T10:00:00Z"})",
                                       R"("x":"\"id\":7")",
                                       R"("x" : [ ] )",
                                       R"("x":"")",
                                       R"("\u0069d":7)",
                                       R"("y":"id")"};
  const auto frame = [&] {
    std::string text = R"({"type":"heartbeat")";
    bool has_report = false;
    for (std::size_t left = 1 + fuzz.below(5); left > 0; --left) {
      if (!has_report && fuzz.below(3) == 0) {
        text += R"(,"systemStatus":)" + cameras;
        has_report = true;
      }
      text += "," + parts[fuzz.below(parts.size())];
    }
    if (!has_report) text += R"(,"systemStatus":)" + cameras;
    return text + "}";
  };
  std::size_t matches = 0;
  std::vector<std::string> frames;
  for (int i = 0; i < 400; ++i)
    frames.push_back(frame());
  for (const std::string& one : frames) {
    const auto fingerprint = repeat_of(one);
    if (!fingerprint) continue;
    for (const std::string& other : frames) {
      const auto variables = fingerprint->match(other);
      if (!variables) continue;
      ++matches;
      const auto decoded = decode_nvr_message(other);
      INFO(one << "\n" << other);
      REQUIRE(decoded.has_value());
      const auto& heartbeat = std::get<Heartbeat>(decoded->body);
      CHECK(heartbeat.report->cameras.size() == 2);
      CHECK(decoded->id == variables->id);
      CHECK(heartbeat.timestamp == variables->timestamp);
    }
  }
  CHECK(matches > frames.size() / 4);
}
