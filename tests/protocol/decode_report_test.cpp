#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "protocol/decoded.hpp"

using namespace nvrhub::protocol;
using namespace nvrhub::protocol::test;

namespace {

/// The report of a `cameras` array with this text inside.
ReportPtr cameras(const std::string& entries) {
  return report(R"({"cameras":[)" + entries + "]}");
}

/// The report with `entry` between two others, which must have applied; it names only `entry` as skipped.
ReportPtr between_others(const std::string& entry) {
  INFO(entry);
  ReportPtr made =
      cameras(R"({"name":"before","status":"online"},)" + entry + R"(,{"name":"after","status":"offline"})");
  REQUIRE(made->cameras.size() >= 2);
  CHECK(made->cameras.front().name == "before");
  CHECK(made->cameras.front().index == 0);
  CHECK(made->cameras.back().name == "after");
  CHECK(made->cameras.back().index == 2);
  REQUIRE(made->skipped.size() == 1);
  CHECK(made->skipped[0].index == 1);
  return made;
}

/// The refusal of an entry of which nothing applies.
nvrhub::fleet::SkippedEntry skipped(const std::string& entry) {
  const ReportPtr made = between_others(entry);
  CHECK(made->cameras.size() == 2);
  return made->skipped[0];
}

/// The refusal of an entry that sets its camera to `unknown`, without an address.
nvrhub::fleet::SkippedEntry skipped_for_status(const std::string& entry) {
  const ReportPtr made = between_others(entry);
  REQUIRE(made->cameras.size() == 3);
  CHECK(made->cameras[1].index == 1);
  CHECK(made->cameras[1].name == made->skipped[0].name);
  CHECK(made->cameras[1].status.text() == "unknown");
  CHECK_FALSE(made->cameras[1].has_status);
  CHECK_FALSE(made->cameras[1].ip_address);
  return made->skipped[0];
}

bool accepted(const std::string& entry) {
  const ReportPtr made = cameras(entry);
  return made->cameras.size() == 1 && made->skipped.empty();
}

} // namespace

TEST_CASE("a systemStatus without cameras is a report") {
  const char* text = GENERATE("{}", R"({"cameras":null})", R"({"cameras":[]})", R"({"status":"online"})");
  CAPTURE(text);
  const ReportPtr made = report(text);
  REQUIRE(made);
  CHECK(made->cameras.empty());
  CHECK(made->skipped.empty());
}

TEST_CASE("systemStatus's own status is ignored, whatever it is") {
  const char* status = GENERATE("null", "17", "[]", R"("offline")", R"({"cameras":[]})");
  CAPTURE(status);
  CHECK(report(std::string(R"({"status":)") + status + R"(,"cameras":[{"name":"a","status":"b"}]})")->cameras.size() ==
        1);
}

TEST_CASE("an entry that is not an object is skipped") {
  const char* entry = GENERATE("null", "17", "true", R"("CAM-001")", "[]", R"([{"name":"a","status":"b"}])");
  const auto what = skipped(entry);
  CHECK(what.reason == "expected an object with name and status");
  CHECK_FALSE(what.name);
}

TEST_CASE("an entry without a valid name is skipped") {
  CHECK(skipped("{}").reason ==
        "name is missing: expected a string of 1 to 200 bytes of UTF-8 without control characters");
  CHECK(skipped(R"({"name":null,"status":"online"})").reason.starts_with("name is missing: expected "));
  const std::string name = GENERATE(as<std::string>{}, "17", "{}", R"("")", R"("a\nb")", R"("a\u0000")", R"("\u0085")",
                                    '"' + std::string(201, 'n') + '"');
  const auto what = skipped(R"({"name":)" + name + R"(,"status":"online"})");
  CHECK(what.reason == "name is wrong: expected a string of 1 to 200 bytes of UTF-8 without control characters");
  CHECK_FALSE(what.name);
}

TEST_CASE("an entry without a valid status is skipped and named, and its camera is unknown") {
  const auto none = skipped_for_status(R"({"name":"CAM-001"})");
  CHECK(none.reason == "status is missing: expected a string of 1 to 32 bytes of UTF-8 without control characters");
  CHECK(none.name == "CAM-001");
  CHECK(skipped_for_status(R"({"name":"CAM-001","status":null})").reason.starts_with("status is missing: expected "));
  const std::string status = GENERATE(as<std::string>{}, "1", "true", "false", "0", "[]", "{}", R"("")",
                                      R"("on\tline")", R"("online\u0000")", '"' + std::string(33, 's') + '"');
  const auto what = skipped_for_status(R"({"name":"CAM-001","ip_address":"10.0.0.1","status":)" + status + "}");
  CHECK(what.reason == "status is wrong: expected a string of 1 to 32 bytes of UTF-8 without control characters");
  CHECK(what.name == "CAM-001");
}

TEST_CASE("an address that is not valid is dropped and named, the status applies") {
  const std::string address =
      GENERATE(as<std::string>{}, "1", "0", "true", "false", "{}", "[]", R"(["10.0.0.1"])", R"("10.0.0.1\n")",
               R"("10.0.0.1\u0000\u0000")", R"("\u0085")", '"' + std::string(65, '1') + '"');
  const ReportPtr made = between_others(R"({"name":"CAM-001","status":"online","ip_address":)" + address + "}");
  CHECK(made->skipped[0].reason ==
        "ip_address is wrong: expected a string of at most 64 bytes of UTF-8 without control "
        "characters, or null; the status applies without it");
  CHECK(made->skipped[0].name == "CAM-001");
  REQUIRE(made->cameras.size() == 3);
  CHECK(made->cameras[1].name == "CAM-001");
  CHECK(made->cameras[1].status.is_online());
  CHECK(made->cameras[1].has_status);
  CHECK_FALSE(made->cameras[1].ip_address);
}

TEST_CASE("an entry with a wrong status and a wrong address is named once, for its status") {
  CHECK(skipped_for_status(R"({"name":"CAM-001","status":1,"ip_address":1})").reason.starts_with("status is wrong: "));
}

TEST_CASE("a lone surrogate spoils only the entry that it stands in") {
  const char* lone = GENERATE(R"(\ud83c)", R"(\uD83C)", R"(\udf7a)", R"(\ud83c\ud83c)", R"(\udf7a\ud83c)", R"(\ud83cx)",
                              R"(\ud83c\u0041)", R"(\ud83c\\udf7a)", R"(\\\ud83c)");
  CAPTURE(lone);
  const std::string text = R"("Hof )" + std::string(lone) + '"';
  const auto name = skipped(R"({"name":)" + text + R"(,"status":"online"})");
  CHECK(name.reason.starts_with("name is wrong: it has a lone surrogate"));
  CHECK_FALSE(name.name);
  const auto status = skipped_for_status(R"({"name":"CAM-001","status":)" + text + "}");
  CHECK(status.reason.starts_with("status is wrong: it has a lone surrogate"));
  CHECK(status.name == "CAM-001");
  const auto address = skipped(R"({"name":"CAM-001","status":"online","ip_address":)" + text + "}");
  CHECK(address.reason.starts_with("ip_address is wrong: it has a lone surrogate"));
  CHECK(address.name == "CAM-001");
}

TEST_CASE("a lone surrogate in an unknown field or key is ignored") {
  const char* entry = GENERATE(R"("zone":"\ud83c")", R"("\ud83c":1)", R"("name\ud83c":"b")", R"("\udc00name":"b")",
                               R"("zones":[{"name":"\ud83c"}])");
  CAPTURE(entry);
  CHECK(accepted(std::string(R"({"name":"a","status":"online",)") + entry + "}"));
  const ReportPtr made = report(R"({"status":"\ud83c","\udf7a":0,"cameras":[{"name":"a","status":"online"}]})");
  CHECK(made->cameras.size() == 1);
  CHECK(made->skipped.empty());
}

TEST_CASE("surrogates in pairs, and texts that look like surrogates, are kept beside a lone one") {
  const ReportPtr made = cameras(R"({"name":"\ud83d\udcf9","status":"online"},{"name":"\\ud83c","status":"online"},)"
                                 R"({"name":"\"\\\\ud83c\ud83d\udcf9","status":"online"},{"name":"\ud83c"})");
  REQUIRE(made->cameras.size() == 3);
  CHECK(made->cameras[0].name == "\xF0\x9F\x93\xB9");
  CHECK(made->cameras[1].name == "\\ud83c");
  CHECK(made->cameras[2].name == "\"\\\\ud83c\xF0\x9F\x93\xB9");
  CHECK(made->skipped.size() == 1);
}

TEST_CASE("entries at the limits are valid") {
  CHECK(accepted(R"({"name":")" + std::string(200, 'n') + R"(","status":"online"})"));
  CHECK(accepted(R"({"name":"n","status":")" + std::string(32, 's') + R"("})"));
  CHECK(accepted(R"({"name":"n","status":"s","ip_address":")" + std::string(64, '1') + R"("})"));
  CHECK(accepted(R"({"name":"n","status":"s","ip_address":""})"));
  CHECK(accepted(R"({"name":"n","status":"s","ip_address":null})"));
}

TEST_CASE("an empty address is a value, null is none") {
  CHECK(cameras(R"({"name":"n","status":"s","ip_address":""})")->cameras[0].ip_address == "");
  CHECK_FALSE(cameras(R"({"name":"n","status":"s","ip_address":null})")->cameras[0].ip_address);
}

TEST_CASE("the decoder keeps duplicate names: reconcile lets the last win") {
  const ReportPtr made = cameras(R"({"name":"a","status":"x"},{"name":"a","status":"y"})");
  REQUIRE(made->cameras.size() == 2);
  CHECK(made->cameras[1].status.text() == "y");
}

TEST_CASE("the number of invalid entries that are named is limited") {
  const auto of = [](int wrong) {
    std::string entries = R"({"name":"good","status":"online"})";
    for (int i = 0; i < wrong; ++i)
      entries += ",0";
    return cameras(entries);
  };
  const ReportPtr at_bound = of(1000);
  CHECK(at_bound->cameras.size() == 1);
  REQUIRE(at_bound->skipped.size() == 1000);
  CHECK(at_bound->skipped.back().index == 1000);

  const ReportPtr over = of(1003);
  CHECK(over->cameras.size() == 1);
  REQUIRE(over->skipped.size() == 1001);
  CHECK(over->skipped[999].index == 1000);
  CHECK(over->skipped.back().index == 1001);
  CHECK(over->skipped.back().reason == "and 3 more wrong entries");
  CHECK_FALSE(over->skipped.back().name);
}

TEST_CASE("a report of thousands of cameras keeps each name") {
  std::vector<std::string> names;
  std::string entries;
  for (int i = 0; i < 5000; ++i) {
    names.push_back(std::string("camera-").append(std::to_string(i)));
    if (i > 0) entries += ',';
    entries.append(R"({"name":")").append(names.back()).append(R"(","status":"online"})");
  }
  const ReportPtr made = cameras(entries);
  REQUIRE(made->cameras.size() == names.size());
  for (std::uint32_t i = 0; i < names.size(); ++i) {
    REQUIRE(made->cameras[i].index == i);
    REQUIRE(made->cameras[i].name == names[i]);
  }
}
