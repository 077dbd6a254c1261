#include "protocol/repeat.hpp"

#include <catch2/catch.hpp>

#include "protocol/encode.hpp"
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

std::optional<Repeat> repeat_of(const std::string& frame) {
  const auto message = decode_nvr_message(frame);
  REQUIRE(message.has_value());
  return Repeat::of(frame, *message);
}

Repeat sure(const std::string& frame) {
  const auto repeat = repeat_of(frame);
  INFO(frame);
  REQUIRE(repeat.has_value());
  return *repeat;
}

} // namespace

TEST_CASE("repeat: the same bytes are the same") {
  const Repeat repeat = sure(heartbeat());
  const auto said = repeat.match(heartbeat());
  REQUIRE(said.has_value());
  CHECK_FALSE(said->id);
  CHECK_FALSE(said->timestamp);
  for (std::size_t i = 0; i < heartbeat().size(); ++i) {
    std::string other = heartbeat();
    other[i] ^= 1;
    CHECK_FALSE(repeat.match(other));
    CHECK_FALSE(repeat.match(heartbeat().substr(0, i)));
  }
  CHECK_FALSE(repeat.match(heartbeat() + " "));
  CHECK_FALSE(repeat.match(""));
}

TEST_CASE("repeat: a new time and a new number are told") {
  const std::string first = at("2026-11-22T10:00:00.000Z");
  const std::string later = at("2026-11-22T10:00:30.5Z");
  const auto time = parse_iso8601("2026-11-22T10:00:30.5Z");
  CHECK(sure(heartbeat(first)).match(heartbeat(later))->timestamp == time);
  CHECK(sure(heartbeat(R"(,"id":7)")).match(heartbeat(R"(,"id":123)"))->id == "123");
  for (const bool id_first : {false, true}) {
    const auto both = [&](const std::string& id, const std::string& timestamp) {
      return heartbeat(id_first ? ",\"id\" : " + id + timestamp : timestamp + ",\"id\" : " + id);
    };
    const auto said = sure(both("99", first)).match(both("100", later));
    REQUIRE(said.has_value());
    CHECK(said->id == "100");
    CHECK(said->timestamp == time);
    CHECK_FALSE(sure(both("99", first)).match(both("99", at("2026-11-22T10:00:00.000Z\\u0020"))));
  }
  // One that does not read as a time is none, as for the decoder.
  const auto odd = sure(heartbeat(first)).match(heartbeat(at("2026-99-99T")));
  REQUIRE(odd.has_value());
  CHECK_FALSE(odd->timestamp);
}

TEST_CASE("repeat: what is no number is no id") {
  const Repeat repeat = sure(heartbeat(R"(,"id":7)"));
  for (const char* id : {"07", "-7", "7.0", "7e1", "\"7\"", "", "null", "7 ", "1234567890123456789012"})
    CHECK_FALSE(repeat.match(heartbeat(std::string(",\"id\":") + id)));
  CHECK(repeat.match(heartbeat(R"(,"id":0)"))->id == "0");
}

TEST_CASE("repeat: where a repeat can't be told for certain there is none") {
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
  none(heartbeat(R"(,"id":1,"x":{"id":2})"));
  none(heartbeat(R"(,"id":1,"x":"id")"));
  none(heartbeat(R"(,"\u0069d":1)"));
  none(heartbeat(R"(,"id":1,"\u0069d":1)"));
  none(heartbeat(at("2026-11-22T10:00:00Z") + at("2026-11-22T10:00:00Z")));
  none(heartbeat(at("2026-11-22T10:00:00Z") + R"(,"x":"timestamp")"));
}

TEST_CASE("repeat: fields of others that are called the same stand still") {
  const std::string nested = heartbeat(R"(,"x":{"id":1,"timestamp":"2026-11-22T10:00:00Z"})");
  CHECK(sure(nested).match(nested));
  CHECK_FALSE(sure(nested).match(heartbeat(R"(,"x":{"id":2,"timestamp":"2026-11-22T10:00:00Z"})")));
}

TEST_CASE("repeat: whatever matches decodes to the same report, and to what the match says") {
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
    const auto repeat = repeat_of(one);
    if (!repeat) continue;
    for (const std::string& other : frames) {
      const auto said = repeat->match(other);
      if (!said) continue;
      ++matches;
      const auto decoded = decode_nvr_message(other);
      INFO(one << "\n" << other);
      REQUIRE(decoded.has_value());
      const auto& heartbeat = std::get<Heartbeat>(decoded->body);
      CHECK(heartbeat.report->cameras.size() == 2);
      CHECK(decoded->id == said->id);
      CHECK(heartbeat.timestamp == said->timestamp);
    }
  }
  CHECK(matches > frames.size() / 4);
}
