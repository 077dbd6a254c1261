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

/// The refusal of the middle one of three entries; the others must have applied.
nvrhub::fleet::SkippedEntry skipped(const std::string& entry) {
  INFO(entry);
  const ReportPtr made =
      cameras(R"({"name":"before","status":"online"},)" + entry + R"(,{"name":"after","status":"offline"})");
  REQUIRE(made->cameras.size() == 2);
  CHECK(made->cameras[0].name == "before");
  CHECK(made->cameras[0].index == 0);
  CHECK(made->cameras[1].name == "after");
  CHECK(made->cameras[1].index == 2);
  REQUIRE(made->skipped.size() == 1);
  CHECK(made->skipped[0].index == 1);
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

TEST_CASE("an entry without a valid status is skipped and named") {
  const auto none = skipped(R"({"name":"CAM-001"})");
  CHECK(none.reason == "status is missing: expected a string of 1 to 32 bytes of UTF-8 without control characters");
  CHECK(none.name == "CAM-001");
  CHECK(skipped(R"({"name":"CAM-001","status":null})").reason.starts_with("status is missing: expected "));
  const std::string status =
      GENERATE(as<std::string>{}, "1", "true", "[]", R"("")", R"("on\tline")", '"' + std::string(33, 's') + '"');
  const auto what = skipped(R"({"name":"CAM-001","status":)" + status + "}");
  CHECK(what.reason == "status is wrong: expected a string of 1 to 32 bytes of UTF-8 without control characters");
  CHECK(what.name == "CAM-001");
}

TEST_CASE("an entry with an invalid address is skipped and named") {
  const std::string address =
      GENERATE(as<std::string>{}, "1", "{}", R"("10.0.0.1\n")", '"' + std::string(65, '1') + '"');
  const auto what = skipped(R"({"name":"CAM-001","status":"online","ip_address":)" + address + "}");
  CHECK(what.reason ==
        "ip_address is wrong: expected a string of at most 64 bytes of UTF-8 without control characters, or null");
  CHECK(what.name == "CAM-001");
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
