#include "api/header_list.hpp"

#include <catch2/catch.hpp>

using namespace nvrhub::api;
using Elements = std::vector<std::string_view>;

TEST_CASE("header list: elements are separated by commas, with any whitespace, and may be empty") {
  CHECK(list_elements("").empty());
  CHECK(list_elements(" \t, ,,").empty());
  CHECK(list_elements("close") == Elements{"close"});
  CHECK(list_elements("keep-alive ,\tUpgrade,, x ") == Elements{"keep-alive", "Upgrade", "x"});
}

TEST_CASE("header list: a comma in a quoted string separates nothing") {
  CHECK(list_elements(R"("a,b", W/"c,\",d",e)") == Elements{R"("a,b")", R"(W/"c,\",d")", "e"});
  CHECK(list_elements(R"(a, "b, c)") == Elements{"a", R"("b, c)"}); // without its end it reaches to the end
  CHECK(list_elements("a, \"b\\") == Elements{"a", "\"b\\"});
  CHECK(parameters_of(R"(for="[::1];x" ; proto=http)") == Elements{R"(for="[::1];x")", "proto=http"});
}

TEST_CASE("header list: tokens are compared as a whole and in any case") {
  CHECK(has_token("Keep-Alive, UPGRADE", "upgrade"));
  CHECK_FALSE(has_token("upgrades, not-upgrade", "upgrade"));
  CHECK_FALSE(has_token("", "upgrade"));
  CHECK_FALSE(is_same_token("a", "ab"));
  CHECK_FALSE(is_same_token("[", "{")); // letters only
}

TEST_CASE("header list: weights") {
  CHECK(weight_of("br, GZip", "gzip") == 1.0);
  CHECK(weight_of("gzip;q=0", "gzip") == 0.0);
  CHECK(weight_of("gzip ; Q=0.5", "gzip") == 0.5);
  CHECK(weight_of("gzip;q= 0.25", "gzip") == 0.25);
  CHECK(weight_of("gzip;q=0.000, br", "gzip") == 0.0);
  CHECK(weight_of("text/csv;header=present;q=0.3", "text/csv") == 0.3);
  CHECK(weight_of("gzip;q=7", "gzip") == 1.0);
  for (const char* wrong : {"gzip;q=", "gzip;q=x", "gzip;q=0.5x", "gzip;q=-1", "gzip;q=nan"}) {
    CAPTURE(wrong);
    CHECK(weight_of(wrong, "gzip").value() == 0.0);
  }
  CHECK_FALSE(weight_of("x-gzip, gzips", "gzip").has_value());
  CHECK_FALSE(weight_of(";q=1", "gzip").has_value());
}
