#include <string>

#include <catch2/catch.hpp>

#include "protocol/decoded.hpp"

using namespace nvrhub::protocol;
using namespace nvrhub::protocol::test;

namespace {

struct Row {
  std::string frame;
  std::string message; // its beginning
  bool counts = true;
};

const std::string long_id = '"' + std::string(65, 'x') + '"';
const std::string long_hostname = '"' + std::string(201, 'h') + '"';

} // namespace

TEST_CASE("every invalid message is refused as bad_message with the name of the field") {
  const Row row = GENERATE(values<Row>({
      {"[]", "a message is a JSON object"},
      {R"([{"type":"heartbeat"}])", "a message is a JSON object"},
      {"17", "a message is a JSON object"},
      {"null", "a message is a JSON object"},
      {"true", "a message is a JSON object"},
      {R"("auth")", "a message is a JSON object"},
      {"{}", "type is missing: expected auth or heartbeat"},
      {R"({"hostname":"h"})", "type is missing: expected auth or heartbeat"},
      {R"({"type":null})", "type is missing: expected auth or heartbeat"},
      {R"({"type":1})", "type is wrong: expected auth or heartbeat"},
      {R"({"type":["auth"]})", "type is wrong: expected auth or heartbeat"},
      {R"({"type":{}})", "type is wrong: expected auth or heartbeat"},
      {R"({"type":"ping"})", "type is unknown: expected auth or heartbeat", false},
      {R"({"type":""})", "type is unknown: expected auth or heartbeat", false},
      {R"({"type":"Auth","hostname":"h"})", "type is unknown: expected auth or heartbeat", false},
      {R"({"type":"auth\u0000","hostname":"h"})", "type is unknown: expected auth or heartbeat", false},
      {R"({"type":"ping","id":1.5})", "type is unknown: expected auth or heartbeat", false},
      {R"({"type":"heartbeat","id":1.5})", "id is wrong: expected an integer"},
      {R"({"type":"heartbeat","id":1e3})", "id is wrong: expected an integer"},
      {R"({"type":"heartbeat","id":1.0})", "id is wrong: expected an integer"},
      {R"({"type":"heartbeat","id":18446744073709551616})", "id is wrong: expected an integer of 64 bits"},
      {R"({"type":"heartbeat","id":-9223372036854775809})", "id is wrong: expected an integer of 64 bits"},
      {R"({"type":"heartbeat","id":1e999})", "id is wrong: expected an integer"},
      {R"({"type":"heartbeat","id":true})", "id is wrong: expected an integer"},
      {R"({"type":"heartbeat","id":[1]})", "id is wrong: expected an integer"},
      {R"({"type":"heartbeat","id":{}})", "id is wrong: expected an integer"},
      {R"({"type":"heartbeat","id":)" + long_id + "}", "id is wrong: expected an integer of 64 bits or a string of at"},
      {R"({"type":"auth"})", "hostname is missing: expected a string of 1 to 200 bytes of UTF-8"},
      {R"({"type":"auth","hostname":null})", "hostname is missing: expected a string"},
      {R"({"type":"auth","hostname":""})", "hostname is wrong: expected a string of 1 to 200 bytes"},
      {R"({"type":"auth","hostname":5})", "hostname is wrong: expected a string of 1 to 200 bytes"},
      {R"({"type":"auth","hostname":["h"]})", "hostname is wrong: expected a string of 1 to 200 bytes"},
      {R"({"type":"auth","hostname":)" + long_hostname + "}", "hostname is wrong: expected a string of 1 to 200 bytes"},
      {R"({"type":"auth","hostname":"a\u0000b"})", "hostname is wrong: expected a string of 1 to 200 bytes"},
      {R"({"type":"auth","hostname":"a\nb"})", "hostname is wrong: expected a string of 1 to 200 bytes"},
      {R"({"type":"auth","hostname":"\u007f"})", "hostname is wrong: expected a string of 1 to 200 bytes"},
      {R"({"type":"auth","hostname":"."})",
       "hostname is wrong: expected a name other than . and .., which HTTP clients"},
      {R"({"type":"auth","hostname":".."})",
       "hostname is wrong: expected a name other than . and .., which HTTP clients"},
      {R"({"type":"auth","hostname":"\u002e\u002E"})", "hostname is wrong: expected a name other than . and .."},
      {R"({"type":"auth","hostname":"h\ud83c"})",
       "hostname is wrong: it has a lone surrogate, half of a character: exp"},
      {R"({"type":"auth","hostname":"\udf7a"})", "hostname is wrong: it has a lone surrogate"},
      {R"({"type":"auth","hostname\ud83c":"h"})", "hostname is missing: expected a string"},
      {R"({"type":"auth\ud83c","hostname":"h"})", "type is wrong: it has a lone surrogate"},
      {R"({"type":"heartbeat","id":"\ud83c"})", "id is wrong: it has a lone surrogate"},
      {R"({"type":"auth","hostname":"h","token":"\ud83c"})", "token is wrong: it has a lone surrogate"},
      {R"({"type":"auth","hostname":"h","token":5})", "token is wrong: expected a string or null"},
      {R"({"type":"auth","hostname":"h","token":{}})", "token is wrong: expected a string or null"},
      {R"({"type":"auth","hostname":"h","systemStatus":"online"})", "systemStatus is wrong: expected an object"},
      {R"({"type":"heartbeat","systemStatus":[]})", "systemStatus is wrong: expected an object"},
      {R"({"type":"heartbeat","systemStatus":true})", "systemStatus is wrong: expected an object"},
      {R"({"type":"heartbeat","systemStatus":" "})", "systemStatus is wrong: expected an object"},
      {R"({"type":"heartbeat","systemStatus":"0"})", "systemStatus is wrong: expected an object"},
      {R"({"type":"heartbeat","systemStatus":0.1})", "systemStatus is wrong: expected an object"},
      {R"({"type":"heartbeat","systemStatus":"\ud83c"})", "systemStatus is wrong: expected an object"},
      {R"({"type":"heartbeat","systemStatus":1})", "systemStatus is wrong: expected an object"},
      {R"({"type":"heartbeat","systemStatus":{"cameras":{}}})", "systemStatus.cameras is wrong: expected an array"},
      {R"({"type":"heartbeat","systemStatus":{"cameras":"a"}})", "systemStatus.cameras is wrong: expected an array"},
      {R"({"type":"auth","hostname":"h","systemStatus":{"cameras":0}})",
       "systemStatus.cameras is wrong: expected an array"},
  }));
  const Refusal refusal = refused(row.frame);
  CAPTURE(row.frame, refusal.message);
  CHECK(refusal.code == ErrorCode::bad_message);
  CHECK(refusal.message.starts_with(row.message));
  CHECK(refusal.counts == row.counts);
  CHECK_FALSE(refusal.id);
}

TEST_CASE("a refusal repeats a valid id, whatever else is wrong and wherever the id is") {
  const char* frame = GENERATE(R"({"id":"x-1"})", R"({"id":"x-1","type":5})", R"({"type":"ping","id":"x-1"})",
                               R"({"type":"auth","id":"x-1"})", R"({"type":"auth","hostname":"","id":"x-1"})",
                               R"({"type":"auth","hostname":"h","token":1,"id":"x-1"})",
                               R"({"type":"heartbeat","systemStatus":1,"id":"x-1"})",
                               R"({"type":"heartbeat","systemStatus":{"cameras":1},"id":"x-1"})");
  CHECK(refused(frame).id == R"("x-1")");
}

TEST_CASE("every text that is not JSON is refused as bad_json with the error and its position") {
  using namespace std::string_literals;
  const Row row = GENERATE(values<Row>({
      {"", "not JSON: there is no text"},
      {" \t\r\n", "not JSON: there is no text"},
      {"hello", "not JSON near byte 1: "},
      {"{", "not JSON near byte 2: an unexpected character, or the end too early"},
      {R"({"type":"heartbeat")", "not JSON near byte 20: an unexpected character, or the end too early"},
      {R"({"type":"heartbeat"}})", "not JSON near byte 21: an unexpected character"},
      {R"({"type":"heartbeat"} x)", "not JSON near byte 22: "},
      {R"({"type":"heartbeat"}{"type":"heartbeat"})", "not JSON near byte 21: "},
      {R"({"type":"heartbeat",})", "not JSON near byte 21: "},
      {R"({'type':'heartbeat'})", "not JSON near byte 2: "},
      {R"({type:"heartbeat"})", "not JSON near byte 3: "},
      {R"({"type":"heartbeat","x":[1,]})", "not JSON near byte 28: "},
      {R"({"type":"heartbeat","x":01})", "not JSON near byte 26: "},
      {R"({"type":"heartbeat","x":1.})", "not JSON near byte 27: a malformed number"},
      {R"({"type":"heartbeat","x":+1})", "not JSON near byte 25: "},
      {R"({"type":"heartbeat","x":0x1})", "not JSON near byte 26: "},
      {R"({"type":"heartbeat","x":1e999,"y":1.})", "not JSON near byte 37: a malformed number"},
      {R"({"type":"heartbeat","x":NaN})", "not JSON near byte "},
      {R"({"type":"heartbeat","x":nul})", "not JSON near byte 28: a word that is not true, false or null"},
      {R"({"type":"heartbeat","x":tru})", "not JSON near byte 28: a word"},
      {R"({"type":"heartbeat","x":False})", "not JSON near byte "},
      {R"({"type":"heartbeat","x":"\q"})", "not JSON near byte 27: a bad escape"},
      {R"({"type":"heartbeat","x":"\u12g4"})", "not JSON near byte 30: a bad escape"},
      {R"({"type":"heartbeat","x":"\ud800\q"})", "not JSON near byte 33: a bad escape in a string"},
      {R"({"type":"heartbeat","x":"\q\ud800"})", "not JSON near byte 27: a bad escape in a string"},
      {R"({"type":"heartbeat","x":"\ud800\ud80g"})", "not JSON near byte "},
      {R"({"type":"heartbeat","x":"\ud800\u+123"})", "not JSON near byte "},
      {R"({"type":"heartbeat","x":"\ud8)", "not JSON near byte "},
      {R"({"type":"heartbeat","x":"\ud800)", "not JSON near byte "},
      {R"({"type":"heartbeat","x":"\ud800","y":1.})", "not JSON near byte "},
      {R"({"type":"heartbeat","x":"abc)", "not JSON near byte 29: a string that does not end"},
      {"{\"type\":\"heartbeat\",\"x\":\"a\nb\"}", "not JSON near byte 27: a control character in a string"},
      {"{\"type\":\"heartbeat\",\"x\":\"a\0b\"}"s, "not JSON near byte 27: a control character in a string"},
      {"{\"type\":\"heartbeat\"}\0"s, "not JSON"},
      {"{\"type\":\"heartbeat\"}\0{}"s, "not JSON"},
      {"\0{\"type\":\"heartbeat\"}"s, "not JSON"},
      {"\0"s, "not JSON"},
      {"{\"type\":\"heartbeat\",\"x\":\"\xFF\"}", "not JSON near byte 26: bytes that are not UTF-8"},
      {"{\"type\":\"auth\",\"hostname\":\"\xED\xA0\x80\"}", "not JSON near byte 29: bytes that are not UTF-8"},
      {"\xEF\xBB\xBF{\"type\":\"heartbeat\"}", "not JSON: a byte order mark before the text"},
      {R"({"type":"heartbeat","x":/* no */1})", "not JSON near byte 25: "},
  }));
  const Refusal refusal = refused(row.frame);
  CAPTURE(row.frame, refusal.message);
  CHECK(refusal.code == ErrorCode::bad_json);
  CHECK(refusal.message.starts_with(row.message));
  CHECK(refusal.message.size() < 120);
  CHECK(refusal.counts);
  CHECK_FALSE(refusal.id);
}

TEST_CASE("a frame without an address is empty") {
  CHECK(refused(std::string_view()).message == "not JSON: there is no text");
  CHECK(decode_status(std::string_view()).error().message == "not JSON: there is no text");
}
