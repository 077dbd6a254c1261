#include <algorithm>
#include <array>
#include <string>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "fleet/names.hpp"
#include "protocol/decode/decode.hpp"
#include "protocol/encode/encode.hpp"
#include "protocol/fuzz.hpp"
#include "protocol/json/utf8.hpp"
#include "protocol/limits.hpp"

using namespace nvrhub::protocol;
using namespace nvrhub::protocol::test;
using nlohmann::json;
namespace fleet = nvrhub::fleet;

namespace {

constexpr int rounds = 30'000;

const std::array<std::string, 5> frames = {
    R"({"type":"auth","hostname":"DESKTOP-T7MNQIA","systemStatus":{"status":"online","cameras":[{"name":"CAM-001",)"
    R"("ip_address":"192.168.0.101","status":"online"},{"name":"CAM-002","status":"offline"}]},"token":"t","id":17})",
    R"({"type":"heartbeat","timestamp":"2024-01-15T10:30:00.000Z","systemStatus":{"cameras":[{"name":"a","status":"b"}]}})",
    R"({"type":"heartbeat","id":"x\u00e9\ud83d\udcf9","n":[1,-2,3.5e7,18446744073709551616,true,null]})",
    R"({"type":"auth","hostname":"h"})",
    R"({"id":18446744073709551615,"type":"heartbeat","systemStatus":{"cameras":[1,{},{"name":"é","status":""},null]}})",
};

bool points_into(std::string_view view, const std::string& text) {
  return view.data() >= text.data() && view.data() + view.size() <= text.data() + text.size();
}

bool is_good(const fleet::Report& report) {
  bool first = true;
  std::uint32_t last = 0;
  for (const fleet::ReportedCamera& camera : report.cameras) {
    if (!first && camera.index <= last) return false;
    first = false;
    last = camera.index;
    if (!fleet::is_valid_name(camera.name) || !points_into(camera.name, report.text)) return false;
    if (!fleet::Status::parse(camera.status.text())) return false;
    if (camera.ip_address && !fleet::is_valid_address(*camera.ip_address)) return false;
    if (camera.ip_address && !points_into(*camera.ip_address, report.text)) return false;
  }
  return std::all_of(report.skipped.begin(), report.skipped.end(), [](const fleet::SkippedEntry& entry) {
    return !entry.reason.empty() && (!entry.name || fleet::is_valid_name(*entry.name));
  });
}

bool is_good(const Id& id) {
  const json value = json::parse(id, nullptr, false);
  return value.is_number_integer() || (value.is_string() && value.get<std::string>().size() <= max_id_bytes);
}

bool is_good(const NvrMessage& message) {
  if (message.id && !is_good(*message.id)) return false;
  if (const auto* auth = std::get_if<Auth>(&message.body)) {
    return fleet::is_valid_name(auth->hostname) && (!auth->report || is_good(*auth->report));
  }
  const auto& report = std::get<Heartbeat>(message.body).report;
  return !report || is_good(*report);
}

bool is_good(const Refusal& refusal) {
  if (refusal.message.empty() || !fleet::is_utf8(refusal.message)) return false;
  if (refusal.code != ErrorCode::bad_json && refusal.code != ErrorCode::bad_message) return false;
  if (refusal.id && !is_good(*refusal.id)) return false;
  return json::accept(encode_error(refusal.code, refusal.message, refusal.id));
}

/// Whether the reference parser can decide if the text is JSON: it ends a text at a NUL, skips a byte order mark, and
/// refuses lone surrogates and numbers beyond the range of a double.
bool is_comparable(const std::string& text) {
  return text.find('\0') == std::string::npos && !text.starts_with("\xEF\xBB\xBF") &&
         text.find("\\u") == std::string::npos && text.find_first_of("eE") == std::string::npos;
}

void check(const std::string& frame, int& accepted) {
  const auto message = decode_nvr_message(frame);
  accepted += message.has_value() ? 1 : 0;
  const bool is_json = message || message.error().code != ErrorCode::bad_json;
  const bool good = message ? is_good(*message) : is_good(message.error());
  if (!good || (is_comparable(frame) && is_json != json::accept(frame))) {
    CAPTURE(frame, is_json, json::accept(frame), good);
    FAIL("an invariant does not hold");
  }
}

/// Names have an "e": without this the comparison would skip every whole message.
std::string without_e(std::string text) {
  std::replace(text.begin(), text.end(), 'e', 'a');
  return text;
}

} // namespace

TEST_CASE("random bytes never break the decoder") {
  Fuzz fuzz("random bytes");
  CAPTURE(fuzz.seed());
  int accepted = 0;
  for (int i = 0; i < rounds; ++i)
    check(fuzz.bytes(64), accepted);
  for (int i = 0; i < rounds; ++i)
    check(fuzz.tokens(24), accepted);
  for (int i = 0; i < rounds; ++i)
    check(std::string("{").append(fuzz.tokens(12)).append("}"), accepted);
  for (int i = 0; i < rounds; ++i)
    check(R"({"type":"heartbeat","systemStatus":)" + fuzz.tokens(12) + "}", accepted);
  CHECK(accepted < 4 * rounds);
}

TEST_CASE("messages with random changes never break the decoder") {
  Fuzz fuzz("random changes");
  CAPTURE(fuzz.seed());
  int accepted = 0;
  for (int i = 0; i < rounds; ++i) {
    const std::string& frame = frames[fuzz.below(frames.size())];
    check(fuzz.mutated(frame), accepted);
    check(fuzz.mutated(without_e(frame)), accepted);
  }
  // Both outcomes are frequent: the loop covers both.
  CHECK(accepted > rounds / 50);
  CHECK(accepted < rounds);
}

TEST_CASE("is_utf8 agrees with fleet::is_utf8, and every accepted message is UTF-8") {
  Fuzz fuzz("UTF-8");
  CAPTURE(fuzz.seed());
  CHECK(nvrhub::protocol::is_utf8({}));
  for (int i = 0; i < rounds; ++i) {
    std::string text = frames[fuzz.below(frames.size())];
    text.insert(text.rfind('"'), fuzz.bytes(4)); // in the last string
    CHECK(nvrhub::protocol::is_utf8(text) == fleet::is_utf8(text));
    if (decode_nvr_message(text)) CHECK(nvrhub::protocol::is_utf8(text));
  }
}

TEST_CASE("every truncated message is bad_json") {
  for (const std::string& frame : frames) {
    int accepted = 0;
    for (std::size_t size = 0; size < frame.size(); ++size)
      check(frame.substr(0, size), accepted);
    CHECK(accepted == 0);
    check(frame, accepted);
    CHECK(accepted == 1);
  }
}

TEST_CASE("bodies with random changes never break the decoders") {
  Fuzz fuzz("random bodies");
  CAPTURE(fuzz.seed());
  const std::string body = R"({"hostname":"h","device_name":"d","site":"s","status":"online",)"
                           R"("cameras":[{"name":"a","ip_address":"1"},{"name":"b"},{"name":"a"}]})";
  int accepted = 0;
  for (int i = 0; i < rounds; ++i) {
    const std::string text = fuzz.mutated(body);
    CAPTURE(text);
    if (const auto line = decode_import_line(text)) {
      ++accepted;
      REQUIRE(fleet::is_valid_name(line->hostname));
      std::vector<std::string> names;
      for (const RegisteredCamera& camera : line->registration.cameras) {
        REQUIRE(fleet::is_valid_name(camera.name));
        REQUIRE(fleet::is_valid_address(camera.ip_address.value_or("")));
        names.push_back(camera.name);
      }
      std::sort(names.begin(), names.end());
      REQUIRE(std::adjacent_find(names.begin(), names.end()) == names.end());
      REQUIRE(decode_registration(text).has_value());
      REQUIRE(decode_rename(text) == line->hostname);
    } else {
      REQUIRE_FALSE(line.error().message.empty());
      REQUIRE(json::accept(encode_http_error("bad_request", line.error().message, line.error().field)));
    }
    if (const auto status = decode_status(text)) REQUIRE(fleet::Status::parse(status->text()) == *status);
  }
  CHECK(accepted > rounds / 50);
  CHECK(accepted < rounds);
}
