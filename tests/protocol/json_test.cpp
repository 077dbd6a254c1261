// Unusual JSON: numbers beyond every type, depth, size.

#include <string>

#include <catch2/catch.hpp>

#include "protocol/decoded.hpp"
#include "protocol/limits.hpp"

using namespace nvrhub::protocol;
using namespace nvrhub::protocol::test;

namespace {

std::string repeated(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i)
    all += text;
  return all;
}

std::string nested(std::size_t levels) {
  return repeated("[", levels) + repeated("]", levels);
}

} // namespace

TEST_CASE("a number beyond 64 bits is valid JSON in an unknown field") {
  const std::string number =
      GENERATE(as<std::string>{}, "18446744073709551615", "18446744073709551616", "-9223372036854775809", "1e999",
               "-1E+999", "1e-999", "123456789012345678901234567890", "123456789012345678901234567890.5e-7",
               "0e999999999999999999999", std::string(5000, '9'), "0." + std::string(5000, '3'), "-0", "-0.0");
  CAPTURE(number);
  CHECK(decoded(R"({"n":)" + number + R"(,"type":"heartbeat","id":7})").id == "7");
  CHECK(decoded(R"({"type":"heartbeat","id":7,"n":[)" + number + "," + number + "]}").id == "7");
}

TEST_CASE("with such a number in the message, strings that look like numbers are unchanged") {
  const Auth message = auth(R"({"n":1e999,"type":"auth","hostname":"1e999","token":"\\\"99999999999999999999\"\\",
    "systemStatus":{"cameras":[{"name":"\"1e999","status":"18446744073709551616"}]}})");
  CHECK(message.hostname == "1e999");
  CHECK(message.token == R"(\"99999999999999999999"\)");
  REQUIRE(message.report->cameras.size() == 1);
  CHECK(message.report->cameras[0].name == "\"1e999");
  CHECK(message.report->cameras[0].status.text() == "18446744073709551616");
}

TEST_CASE("with such a number in the message, an integer id is exact") {
  CHECK(decoded(R"({"n":1e999,"type":"heartbeat","id":18446744073709551615})").id == "18446744073709551615");
  CHECK(decoded(R"({"n":1e999,"type":"heartbeat","id":-9223372036854775808})").id == "-9223372036854775808");
}

TEST_CASE("such a number as a camera's name or status skips the entry") {
  const ReportPtr made =
      report(R"({"cameras":[{"name":1e999,"status":"online"},{"name":"a","status":99999999999999999999},
    {"name":"b","status":"online"}]})");
  CHECK(made->skipped.size() == 2);
  REQUIRE(made->cameras.size() == 2);
  CHECK(made->cameras[0].name == "a");
  CHECK_FALSE(made->cameras[0].has_status);
  CHECK(made->cameras[1].name == "b");
}

TEST_CASE("nesting is limited and costs no stack") {
  const auto message = [](std::size_t levels) {
    return decode_nvr_message(R"({"type":"heartbeat","x":)" + nested(levels) + "}");
  };
  CHECK(message(1000).has_value());
  const auto deep = message(1100);
  REQUIRE_FALSE(deep.has_value());
  CHECK(deep.error().code == ErrorCode::bad_json);
  CHECK(deep.error().message == "not JSON: nested deeper than 1024 levels");

  const std::string bracket =
      GENERATE(as<std::string>{}, "[", "{", R"({"a":)", "[1,", R"([{"a":)", "[1e999,", "]", "-");
  CAPTURE(bracket);
  const std::string frame = repeated(bracket, default_max_message / bracket.size());
  CHECK(refused(frame).code == ErrorCode::bad_json);
  CHECK_FALSE(decode_registration(frame).has_value());
}

TEST_CASE("a message of the maximum size") {
  const std::string padding(default_max_message - 60, 'x');
  CHECK(decoded(R"({"type":"heartbeat","id":1,"x":")" + padding + "\"}").id == "1");
  CHECK(refused(R"({"type":")" + padding + "\"}").message.size() < 120);
  CHECK(refused(R"({"type":"auth","hostname":")" + padding + "\"}").message.size() < 120);
  CHECK(refused(R"({"type":"heartbeat","x":")" + padding).message.size() < 120);
}
