#include <array>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "protocol/decoded.hpp"

using namespace nvrhub::protocol;
using namespace nvrhub::protocol::test;

TEST_CASE("the auth of seed.md") {
  const Auth message = auth(R"({
    "type": "auth", "hostname": "DESKTOP-T7MNQIA",
    "systemStatus": {"status": "online", "cameras": [
      {"name": "CAM-001", "ip_address": "192.168.0.101", "status": "online"},
      {"name": "CAM-002", "ip_address": "192.168.0.102", "status": "offline"}]}})");

  CHECK(message.hostname == "DESKTOP-T7MNQIA");
  CHECK_FALSE(message.token);
  REQUIRE(message.report);
  REQUIRE(message.report->cameras.size() == 2);
  CHECK(message.report->cameras[0].index == 0);
  CHECK(message.report->cameras[0].name == "CAM-001");
  CHECK(message.report->cameras[0].ip_address == "192.168.0.101");
  CHECK(message.report->cameras[0].status.is_online());
  CHECK(message.report->cameras[1].index == 1);
  CHECK(message.report->cameras[1].name == "CAM-002");
  CHECK(message.report->cameras[1].ip_address == "192.168.0.102");
  CHECK(message.report->cameras[1].status.is_offline());
  CHECK(message.report->skipped.empty());
}

TEST_CASE("the heartbeat of seed.md") {
  const Heartbeat message = heartbeat(R"({"type":"heartbeat","timestamp":"2024-01-15T10:30:00.000Z",
    "systemStatus":{"status":"online","cameras":[{"name":"CAM-001","status":"video_loss"}]}})");

  CHECK(message.timestamp == 1'705'314'600'000);
  REQUIRE(message.report);
  REQUIRE(message.report->cameras.size() == 1);
  CHECK(message.report->cameras[0].name == "CAM-001");
  CHECK_FALSE(message.report->cameras[0].ip_address);
  CHECK(message.report->cameras[0].status.text() == "video_loss");
}

TEST_CASE("the smallest valid auth and heartbeat") {
  const NvrMessage first = decoded(R"({"type":"auth","hostname":"h"})");
  CHECK(std::get<Auth>(first.body).hostname == "h");
  CHECK_FALSE(std::get<Auth>(first.body).report);
  CHECK_FALSE(std::get<Auth>(first.body).token);
  CHECK_FALSE(first.id);

  const NvrMessage second = decoded(R"({"type":"heartbeat"})");
  CHECK_FALSE(std::get<Heartbeat>(second.body).report);
  CHECK_FALSE(std::get<Heartbeat>(second.body).timestamp);
  CHECK_FALSE(second.id);
}

TEST_CASE("null counts as absent") {
  const NvrMessage message = decoded(R"({"type":"auth","hostname":"h","token":null,"systemStatus":null,"id":null})");
  CHECK_FALSE(std::get<Auth>(message.body).token);
  CHECK_FALSE(std::get<Auth>(message.body).report);
  CHECK_FALSE(message.id);
  CHECK_FALSE(heartbeat(R"({"type":"heartbeat","timestamp":null})").timestamp);
}

TEST_CASE("a systemStatus that JavaScript treats as false counts as absent") {
  const char* value =
      GENERATE("false", R"("")", "0", "-0", "0.0", "-0.0", "0e5", "0E-7", "0.000e+99", "0e999999999999999999999");
  const char* more = GENERATE("", R"(,"x":1e999)", R"(,"x":"\ud83c")");
  CAPTURE(value, more);
  const std::string rest = std::string(R"(,"systemStatus":)") + value + more + "}";
  CHECK_FALSE(auth(R"({"type":"auth","hostname":"h")" + rest).report);
  CHECK_FALSE(heartbeat(R"({"type":"heartbeat")" + rest).report);
  CHECK_FALSE(heartbeat(R"({"type":"heartbeat","systemStatus":{"cameras":[]})" + rest).report); // the last wins
}

TEST_CASE("a lone surrogate in an unknown or ignored field or key of a message is ignored") {
  const char* field = GENERATE(R"("x":"\ud83c")", R"("\udf7a":[])", R"("x":[{"y":"a\ud83c\ud83cb"}])",
                               R"("type\ud83c":"ping")", R"("timestamp":"\ud83c")");
  CAPTURE(field);
  const Heartbeat first = heartbeat(std::string(R"({"type":"heartbeat",)") + field + "}");
  CHECK_FALSE(first.timestamp);
  CHECK(decoded(std::string("{") + field + R"(,"type":"heartbeat","id":7})").id == "7");
  CHECK(decoded(std::string("{") + field + R"(,"type":"heartbeat","id":"\ud83d\udcf9"})").id == "\"\xF0\x9F\x93\xB9\"");
  CHECK(auth(std::string("{") + field + R"(,"type":"auth","hostname":"h","token":"t"})").token == "t");
}

TEST_CASE("a token is kept unchanged") {
  CHECK(auth(R"({"type":"auth","hostname":"h","token":"s\u0065cret"})").token == "secret");
  CHECK(auth(R"({"type":"auth","hostname":"h","token":""})").token == "");
}

TEST_CASE("unknown fields are ignored, whatever their value") {
  const Auth message = auth(R"({"x":[{"type":"heartbeat"}],"type":"auth","Hostname":1,"hostname":"h","y":{"z":1.5e3},
    "timestamp":5,"systemStatus":{"cameras":[{"name":"a","status":"online","fps":25.0,"zone":{"name":"b"}}],"w":[]}})");
  CHECK(message.hostname == "h");
  REQUIRE(message.report->cameras.size() == 1);
  CHECK(message.report->cameras[0].name == "a");
}

TEST_CASE("a heartbeat's hostname and token are unknown fields") {
  CHECK_NOTHROW(heartbeat(R"({"type":"heartbeat","hostname":17,"token":[]})"));
}

TEST_CASE("a heartbeat's timestamp is optional: one that does not parse is ignored") {
  const char* timestamp =
      GENERATE(R"("yesterday")", R"("")", R"("2024-02-30T00:00:00Z")", "1705314600000", "{}", "true");
  CAPTURE(timestamp);
  CHECK_FALSE(heartbeat(std::string(R"({"type":"heartbeat","timestamp":)") + timestamp + "}").timestamp);
}

TEST_CASE("the last of duplicate keys wins at every level") {
  CHECK(auth(R"({"type":"heartbeat","hostname":"a","type":"auth","hostname":"b"})").hostname == "b");
  CHECK_FALSE(decoded(R"({"type":"heartbeat","id":1.5,"id":null})").id);
  CHECK(decoded(R"({"type":"heartbeat","id":null,"id":2})").id == "2");
  CHECK_FALSE(heartbeat(R"({"type":"heartbeat","systemStatus":{"cameras":[]},"systemStatus":null})").report);
  CHECK(report(R"({"cameras":7,"cameras":[{"name":"a","status":"online"}]})")->cameras.size() == 1);

  const ReportPtr entry = report(R"({"cameras":[{"name":1,"status":"x","ip_address":"1","name":"a","status":"y",
    "ip_address":null}]})");
  REQUIRE(entry->cameras.size() == 1);
  CHECK(entry->cameras[0].name == "a");
  CHECK(entry->cameras[0].status.text() == "y");
  CHECK_FALSE(entry->cameras[0].ip_address);

  CHECK(refused(R"({"type":"auth","hostname":"a","hostname":null})").message.find("hostname") != std::string::npos);
}

TEST_CASE("an id is returned as the JSON that was sent") {
  const auto id = [](const std::string& json) { return decoded(R"({"type":"heartbeat","id":)" + json + "}").id; };
  CHECK(id("17") == "17");
  CHECK(id("0") == "0");
  CHECK(id("-9223372036854775808") == "-9223372036854775808");
  CHECK(id("9223372036854775807") == "9223372036854775807");
  CHECK(id("18446744073709551615") == "18446744073709551615");
  CHECK(id(R"("")") == R"("")");
  CHECK(id(R"("a\"b\\c")") == R"("a\"b\\c")");
  CHECK(id(R"("\u0000\n")") == R"("\u0000\n")");
  CHECK(id("\"caf\xC3\xA9\"") == "\"caf\xC3\xA9\"");
}

TEST_CASE("an id of 64 bytes is the longest, counted after unescaping") {
  const auto id = [](const std::string& json) {
    return decode_nvr_message(R"({"type":"heartbeat","id":)" + json + "}");
  };
  std::string escaped;
  for (int i = 0; i < 64; ++i)
    escaped += "\\u0041";
  CHECK(id('"' + std::string(64, 'x') + '"')->id == '"' + std::string(64, 'x') + '"');
  CHECK(id('"' + escaped + '"')->id == '"' + std::string(64, 'A') + '"');
  CHECK_FALSE(id('"' + std::string(65, 'x') + '"').has_value());
  CHECK_FALSE(id('"' + escaped + "A\"").has_value());
}

TEST_CASE("hostnames of 1 to 200 bytes, any UTF-8") {
  const auto hostname = [](const std::string& name) {
    return auth(R"({"type":"auth","hostname":")" + name + R"("})").hostname;
  };
  CHECK(hostname(std::string(200, 'h')) == std::string(200, 'h'));
  CHECK(hostname("\xE5\x85\xA5\xE5\x8F\xA3") == "\xE5\x85\xA5\xE5\x8F\xA3");
  CHECK(hostname(R"(\ud83d\udcf9)") == "\xF0\x9F\x93\xB9");
}

TEST_CASE("a report outlives the frame and the next message") {
  ReportPtr kept;
  {
    std::string frame = R"({"type":"heartbeat","systemStatus":{"cameras":[{"name":"first-\u00e9","status":"online",
      "ip_address":"10.0.0.1"},{"name":"second","status":"offline","ip_address":""}]}})";
    kept = heartbeat(frame).report;
    frame.assign(frame.size(), '?');
  }
  decoded(R"({"type":"heartbeat","systemStatus":{"cameras":[{"name":"other","status":"x","ip_address":"y"}]}})");
  REQUIRE(kept->cameras.size() == 2);
  CHECK(kept->cameras[0].name == "first-\xC3\xA9");
  CHECK(kept->cameras[0].ip_address == "10.0.0.1");
  CHECK(kept->cameras[1].name == "second");
  CHECK(kept->cameras[1].ip_address == "");
}

TEST_CASE("threads decode concurrently") {
  std::array<int, 4> right{};
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < right.size(); ++t) {
    threads.emplace_back([t, &right] {
      for (int i = 0; i < 500; ++i) {
        const std::string name = "camera-" + std::to_string(t) + "-" + std::to_string(i);
        const auto message = decode_nvr_message(R"({"type":"heartbeat","systemStatus":{"cameras":[{"name":")" + name +
                                                R"(","status":"online"}]}})");
        if (message && std::get<Heartbeat>(message->body).report->cameras.at(0).name == name) ++right[t];
      }
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  CHECK(right == std::array<int, 4>{500, 500, 500, 500});
}
