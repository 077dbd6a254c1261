#include <string>

#include <catch2/catch.hpp>

#include "protocol/decode/decode.hpp"

using namespace nvrhub::protocol;
using namespace std::string_literals;

namespace {

struct Row {
  std::string body;
  std::string field;
  std::string message; // its beginning
};

template <class Result>
void check_refused(const Result& result, const Row& row) {
  CAPTURE(row.body);
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().field == row.field);
  CHECK_THAT(result.error().message, Catch::StartsWith(row.message));
}

const std::string long_name = '"' + std::string(201, 'n') + '"';

} // namespace

TEST_CASE("a registration") {
  const auto body = decode_registration(R"({"device_name":"NVR-Main-Branch","site":"north","owner":1e999,
    "cameras":[{"name":"CAM-002","ip_address":"192.168.0.102","status":"online"},{"name":"CAM-001"}]})");
  REQUIRE(body.has_value());
  CHECK(body->device_name == "NVR-Main-Branch");
  CHECK(body->site == "north");
  REQUIRE(body->cameras.size() == 2);
  CHECK(body->cameras[0].name == "CAM-002");
  CHECK(body->cameras[0].ip_address == "192.168.0.102");
  CHECK(body->cameras[1].name == "CAM-001");
  CHECK_FALSE(body->cameras[1].ip_address);
}

TEST_CASE("a registration keeps what it omits") {
  const auto body = decode_registration(GENERATE("{}", R"({"device_name":null,"site":null,"cameras":null})"));
  REQUIRE(body.has_value());
  CHECK_FALSE(body->device_name);
  CHECK_FALSE(body->site);
  CHECK(body->cameras.empty());
}

TEST_CASE("an empty site means no site, an empty address is a value") {
  CHECK(decode_registration(R"({"site":""})")->site == "");
  CHECK(decode_registration(R"({"cameras":[{"name":"a","ip_address":""}]})")->cameras[0].ip_address == "");
  CHECK_FALSE(decode_registration(R"({"cameras":[{"name":"a","ip_address":null}]})")->cameras[0].ip_address);
}

TEST_CASE("the last of duplicate cameras and keys wins") {
  const auto body = decode_registration(R"({"device_name":1,"device_name":"d","cameras":[
    {"name":"a","ip_address":"1"},{"name":"b"},{"name":"a"},{"name":"x","name":"c"}]})");
  REQUIRE(body.has_value());
  CHECK(body->device_name == "d");
  REQUIRE(body->cameras.size() == 3);
  CHECK(body->cameras[0].name == "a");
  CHECK_FALSE(body->cameras[0].ip_address);
  CHECK(body->cameras[1].name == "b");
  CHECK(body->cameras[2].name == "c");
}

TEST_CASE("registrations at the limits") {
  CHECK(decode_registration(R"({"device_name":")" + std::string(200, 'd') + R"(","site":")" + std::string(200, 's') +
                            R"(","cameras":[{"name":")" + std::string(200, 'n') + R"(","ip_address":")" +
                            std::string(64, '1') + R"("}]})"));
}

TEST_CASE("a byte order mark before a body is ignored, UTF-16 is refused") {
  const std::string mark = "\xEF\xBB\xBF";
  CHECK(decode_registration(mark + R"({"site":"north"})")->site == "north");
  CHECK(decode_import_line(mark + R"({"hostname":"h"})")->hostname == "h");
  CHECK(decode_rename(mark + R"({"hostname":"h"})") == "h");
  CHECK(decode_status(mark + R"({"status":"online"})")->is_online());
  const Row row = GENERATE(values<Row>({
      {"\xEF\xBB\xBF", "", "not JSON: there is no text"},
      {"\xEF\xBB\xBF\xEF\xBB\xBF{}", "", "not JSON: a byte order mark"},
      {"\xFF\xFE{\0}\0"s, "", "not JSON: the text is UTF-16 or UTF-32: save it as UTF-8"},
      {"\xFE\xFF\0{\0}"s, "", "not JSON: the text is UTF-16 or UTF-32"},
      {"{\0}\0"s, "", "not JSON: the text is UTF-16 or UTF-32"},
      {"\0{\0}"s, "", "not JSON: the text is UTF-16 or UTF-32"},
  }));
  check_refused(decode_registration(row.body), row);
}

TEST_CASE("a device or a site may be called . or .., and names may consist of more dots") {
  const auto body = decode_registration(R"({"device_name":"..","site":".","cameras":[{"name":"..."},{"name":". "},
    {"name":"%2e%2e"},{"name":"../x"},{"name":"\uff0e\uff0e"}]})");
  REQUIRE(body.has_value());
  CHECK(body->device_name == "..");
  CHECK(body->site == ".");
  CHECK(body->cameras.size() == 5);
  CHECK(decode_rename(R"({"hostname":"..."})") == "...");
}

TEST_CASE("a lone surrogate in an unknown field of a body is ignored") {
  CHECK(decode_registration(R"({"owner":"\ud83c","\udf7a":1,"site":"north"})")->site == "north");
}

TEST_CASE("a wrong registration is refused, naming the field") {
  const Row row = GENERATE(values<Row>({
      {R"({"cameras":[{"name":"a"},{"name":".."}]})", "cameras[1].name",
       "cameras[1].name is wrong: expected a name other than . and .., which HTTP clients remove from paths"},
      {R"({"cameras":[{"name":"\u002e"}]})", "cameras[0].name", "cameras[0].name is wrong: expected a name other than"},
      {R"({"cameras":[{"name":"Hof \ud83c"}]})", "cameras[0].name",
       "cameras[0].name is wrong: it has a lone surrogate"},
      {R"({"site":"\udf7a"})", "site", "site is wrong: it has a lone surrogate"},
      {"", "", "not JSON: there is no text"},
      {"{", "", "not JSON near byte 2: "},
      {"{}\0"s, "", "not JSON"},
      {"[]", "", "expected a JSON object"},
      {"null", "", "expected a JSON object"},
      {R"({"device_name":""})", "device_name", "device_name is wrong: expected a string of 1 to 200 bytes"},
      {R"({"device_name":7})", "device_name", "device_name is wrong: expected a string of 1 to 200 bytes"},
      {R"({"device_name":"a\tb"})", "device_name", "device_name is wrong: expected a string of 1 to 200 bytes"},
      {R"({"device_name":)" + long_name + "}", "device_name", "device_name is wrong: expected "},
      {R"({"site":false})", "site", "site is wrong: expected a string of 1 to 200 bytes"},
      {R"({"site":"\u0001"})", "site", "site is wrong: expected "},
      {R"({"site":)" + long_name + "}", "site", "site is wrong: expected "},
      {R"({"cameras":{}})", "cameras", "cameras is wrong: expected an array"},
      {R"({"cameras":["CAM-001"]})", "cameras[0]", "cameras[0] is wrong: expected an object with name"},
      {R"({"cameras":[{"name":"a"},null]})", "cameras[1]", "cameras[1] is wrong: expected an object with name"},
      {R"({"cameras":[{"name":"a"},{}]})", "cameras[1].name", "cameras[1].name is missing: expected a string"},
      {R"({"cameras":[{"name":""}]})", "cameras[0].name", "cameras[0].name is wrong: expected a string"},
      {R"({"cameras":[{"name":3}]})", "cameras[0].name", "cameras[0].name is wrong: expected a string"},
      {R"({"cameras":[{"name":)" + long_name + "}]}", "cameras[0].name", "cameras[0].name is wrong: expected a string"},
      {R"({"cameras":[{"name":"a","ip_address":5}]})", "cameras[0].ip_address", "cameras[0].ip_address is wrong: "},
      {R"({"cameras":[{"name":"a","ip_address":")" + std::string(65, '1') + "\"}]}", "cameras[0].ip_address",
       "cameras[0].ip_address is wrong: expected a string of at most 64 bytes"},
  }));
  check_refused(decode_registration(row.body), row);
}

TEST_CASE("an import line is a registration with its hostname") {
  const auto line = decode_import_line(R"({"hostname":"box-1","site":"north","cameras":[{"name":"a"}]})");
  REQUIRE(line.has_value());
  CHECK(line->hostname == "box-1");
  CHECK(line->registration.site == "north");
  REQUIRE(line->registration.cameras.size() == 1);
  CHECK(line->registration.cameras[0].name == "a");

  const Row row = GENERATE(values<Row>({
      {R"({"site":"north"})", "hostname", "hostname is missing: expected a string of 1 to 200 bytes"},
      {R"({"hostname":null})", "hostname", "hostname is missing: expected "},
      {R"({"hostname":""})", "hostname", "hostname is wrong: expected "},
      {R"({"hostname":".."})", "hostname", "hostname is wrong: expected a name other than . and .."},
      {R"({"hostname":"."})", "hostname", "hostname is wrong: expected a name other than . and .."},
      {R"({"hostname":"h","cameras":[{}]})", "cameras[0].name", "cameras[0].name is missing: expected "},
      {R"({"hostname":"h"} {"hostname":"i"})", "", "not JSON near byte "},
      {"\"h\"", "", "expected a JSON object"},
  }));
  check_refused(decode_import_line(row.body), row);
}

TEST_CASE("a rename") {
  CHECK(decode_rename(R"({"hostname":"new-box","x":1})") == "new-box");
  const Row row = GENERATE(values<Row>({
      {"{}", "hostname", "hostname is missing: expected a string of 1 to 200 bytes"},
      {R"({"hostname":1})", "hostname", "hostname is wrong: expected a string of 1 to 200 bytes"},
      {R"({"hostname":".."})", "hostname", "hostname is wrong: expected a name other than . and .."},
      {R"({"hostname":)" + long_name + "}", "hostname", "hostname is wrong: expected a string of 1 to 200 bytes"},
      {R"("new-box")", "", "expected a JSON object"},
      {"new-box", "", "not JSON near byte "},
  }));
  check_refused(decode_rename(row.body), row);
}

TEST_CASE("a manual status") {
  CHECK(decode_status(R"({"status":"online"})") == nvrhub::fleet::Status::online());
  CHECK(decode_status(R"({"status":")" + std::string(32, 's') + R"("})")->text() == std::string(32, 's'));
  const Row row = GENERATE(values<Row>({
      {"{}", "status", "status is missing: expected a string of 1 to 32 bytes"},
      {R"({"status":null})", "status", "status is missing: expected a string of 1 to 32 bytes"},
      {R"({"status":true})", "status", "status is wrong: expected a string of 1 to 32 bytes"},
      {R"({"status":""})", "status", "status is wrong: expected a string of 1 to 32 bytes"},
      {R"({"status":")" + std::string(33, 's') + "\"}", "status", "status is wrong: expected a string of 1 to 32"},
      {"[\"online\"]", "", "expected a JSON object"},
      {"", "", "not JSON: there is no text"},
  }));
  check_refused(decode_status(row.body), row);
}
