#include <limits>

#include <catch2/catch.hpp>

#include "protocol/encode/encode.hpp"

using namespace nvrhub::protocol;

TEST_CASE("times are ISO-8601 UTC with three decimals") {
  CHECK(iso8601(0) == "1970-01-01T00:00:00.000Z");
  CHECK(iso8601(1'705'314'600'000) == "2024-01-15T10:30:00.000Z");
  CHECK(iso8601(1'709'210'096'007) == "2024-02-29T12:34:56.007Z");
  CHECK(iso8601(999) == "1970-01-01T00:00:00.999Z");
  CHECK(iso8601(-1) == "1969-12-31T23:59:59.999Z");
}

TEST_CASE("times beyond four-digit years are clamped") {
  CHECK(iso8601(std::numeric_limits<std::int64_t>::max()) == "9999-12-31T23:59:59.999Z");
  CHECK(iso8601(std::numeric_limits<std::int64_t>::min()) == "0000-01-01T00:00:00.000Z");
}

TEST_CASE("valid times") {
  CHECK(parse_iso8601("1970-01-01T00:00:00Z") == 0);
  CHECK(parse_iso8601("2024-01-15T10:30:00.000Z") == 1'705'314'600'000);
  CHECK(parse_iso8601("2024-01-15T10:30:00.5Z") == 1'705'314'600'500);
  CHECK(parse_iso8601("2024-01-15T10:30:00.07Z") == 1'705'314'600'070);
  CHECK(parse_iso8601("2024-01-15T10:30:00.123999999999999999999999Z") == 1'705'314'600'123);
  CHECK(parse_iso8601("2024-01-15T12:30:00+02:00") == 1'705'314'600'000);
  CHECK(parse_iso8601("2024-01-15T05:00:00.000-05:30") == 1'705'314'600'000);
  CHECK(parse_iso8601("2024-01-15T10:30:00-00:00") == 1'705'314'600'000);
  CHECK(parse_iso8601("2024-02-29T12:34:56.007Z") == 1'709'210'096'007);
  CHECK(parse_iso8601("2000-02-29T00:00:00Z").has_value());
  CHECK(parse_iso8601("1969-12-31T23:59:59.999Z") == -1);
  CHECK(parse_iso8601("0000-01-01T00:00:00Z").has_value());
  CHECK(parse_iso8601("9999-12-31T23:59:59.999Z").has_value());
}

TEST_CASE("invalid times") {
  const char* text = GENERATE(
      "", "Z", "now", "2024-01-15", "2024-01-15T10:30:00", "2024-01-15T10:30Z", "2024-01-15 10:30:00Z",
      "2024-01-15t10:30:00z", "2024-01-15T10:30:00.Z", "2024-01-15T10:30:00,5Z", "2024-01-15T10:30:00Z ",
      " 2024-01-15T10:30:00Z", "2024-1-15T10:30:00Z", "24-01-15T10:30:00Z", "+2024-01-15T10:30:00Z",
      "2024-00-15T10:30:00Z", "2024-13-15T10:30:00Z", "2024-01-00T10:30:00Z", "2024-01-32T10:30:00Z",
      "2024-02-30T10:30:00Z", "2023-02-29T10:30:00Z", "1900-02-29T10:30:00Z", "2024-04-31T10:30:00Z",
      "2024-01-15T24:00:00Z", "2024-01-15T10:60:00Z", "2024-01-15T23:59:60Z", "2024-01-15T10:30:00+24:00",
      "2024-01-15T10:30:00+02:60", "2024-01-15T10:30:00+0200", "2024-01-15T10:30:00+02", "2024-01-15T10:30:00+02:00Z",
      "2024-01-15T10:30:00ZZ", "-2024-01-15T10:30:00Z", "2024-01-15T10:30:0xZ", "1705314600000");
  CAPTURE(text);
  CHECK_FALSE(parse_iso8601(text));
}

TEST_CASE("an encoded time decodes to the same time") {
  const std::int64_t at = GENERATE(take(500, random(-62'167'219'200'000LL, 253'402'300'799'999LL)));
  CAPTURE(at, iso8601(at));
  CHECK(parse_iso8601(iso8601(at)) == at);
}
