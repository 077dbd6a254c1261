#include "api/target.hpp"

#include <catch2/catch.hpp>

using nvrhub::api::parse_target;
using nvrhub::api::Target;
using namespace std::string_literals;
using Segments = std::vector<std::string>;
using Params = std::map<std::string, std::string, std::less<>>;

namespace {

Target parsed(std::string_view text) {
  INFO(text);
  auto target = parse_target(text);
  REQUIRE(target.has_value());
  return *target;
}

} // namespace

TEST_CASE("target: a path in segments, with parameters") {
  const Target target = parsed("/api/v1/nvrs?limit=5&site=North");
  CHECK(target.segments == Segments{"api", "v1", "nvrs"});
  CHECK(target.params == Params{{"limit", "5"}, {"site", "North"}});
  CHECK(target.path() == "/api/v1/nvrs");
}

TEST_CASE("target: the root") {
  for (const char* text : {"/", "/?a=1"}) {
    CHECK(parsed(text).segments.empty());
    CHECK(parsed(text).path() == "/");
  }
}

TEST_CASE("target: each segment is decoded separately") {
  CHECK(parsed("/nvrs/a%2Fb/x").segments == Segments{"nvrs", "a/b", "x"});
  CHECK(parsed("/nvrs/a%3Fb%23c").segments == Segments{"nvrs", "a?b#c"});
  CHECK(parsed("/nvrs/100%25").segments == Segments{"nvrs", "100%"});
  CHECK(parsed("/nvrs/a%252Fb").segments == Segments{"nvrs", "a%2Fb"}); // once only
  CHECK(parsed("/nvrs/a+b").segments == Segments{"nvrs", "a+b"});
  CHECK(parsed("/nvrs/%2e%2e/x").segments == Segments{"nvrs", "..", "x"});
}

TEST_CASE("target: names beyond Latin") {
  CHECK(parsed("/nvrs/%D0%9A%D0%B0%D0%BC%D0%B5%D1%80%D0%B0").segments == Segments{"nvrs", "Камера"});
  CHECK(parsed("/nvrs/%E6%91%84%E5%83%8F?q=%F0%9F%8E%A5").params == Params{{"q", "🎥"}});
}

TEST_CASE("target: a NUL ends nothing") {
  CHECK(parsed("/nvrs/a%00b").segments == Segments{"nvrs", "a\0b"s});
  CHECK(parsed("/nvrs?q=a%00b").params == Params{{"q", "a\0b"s}});
}

TEST_CASE("target: one trailing slash is ignored") {
  CHECK(parsed("/api/v1/nvrs/").segments == Segments{"api", "v1", "nvrs"});
  CHECK(parsed("/a//b").segments == Segments{"a", "", "b"}); // an empty segment within the path counts
}

TEST_CASE("target: parameters") {
  CHECK(parsed("/e?a=1&a=2&b=3&a=4").params == Params{{"a", "4"}, {"b", "3"}});
  CHECK(parsed("/e?a").params == Params{{"a", ""}});
  CHECK(parsed("/e?a=").params == Params{{"a", ""}});
  CHECK(parsed("/e?a=b=c").params == Params{{"a", "b=c"}});
  CHECK(parsed("/e?%61%26=%3D").params == Params{{"a&", "="}});
  CHECK(parsed("/e?q=two+words").params == Params{{"q", "two words"}}); // as forms and browsers write it
  CHECK(parsed("/e?q=1%2B1").params == Params{{"q", "1+1"}});
}

TEST_CASE("target: a malformed target is rejected") {
  for (const std::string& text : {""s, "nvrs"s, "*"s, "http://host/nvrs"s, "/a b"s, "/a%"s, "/a%2"s, "/a%zz"s, "/a\nb"s,
                                  "/a\0b"s, "/a#b"s, "/a?q=%"s, "/a?q=a b"s, "/a\x7F"s}) {
    INFO(text);
    CHECK_FALSE(parse_target(text).has_value());
  }
}

TEST_CASE("target: what clients leave unencoded stands for itself") {
  CHECK(parsed("/nvrs/Cam[1]|{a}").segments == Segments{"nvrs", "Cam[1]|{a}"});
  CHECK(parsed("/n/\"<>\\^`").segments == Segments{"n", "\"<>\\^`"});
  CHECK(parsed("/nvrs/\xD0\x9A").segments == Segments{"nvrs", "К"}); // curl sends UTF-8 as it is
  CHECK(parsed("/e?q=[a]|{b}\\^`<\">&x[]=1").params == Params{{"q", "[a]|{b}\\^`<\">"}, {"x[]", "1"}});
  CHECK(parsed("/e?q=%5B[%7C").params == Params{{"q", "[[|"}});
  CHECK_FALSE(parse_target("/\xFF").has_value());
}

TEST_CASE("target: dot segments are not resolved") {
  CHECK(parsed("/a/../b/./c").segments == Segments{"a", "..", "b", ".", "c"});
  CHECK(parsed("/a/..").segments == Segments{"a", ".."});
  CHECK(parsed("/a/%2e%2E/.%2e").segments == Segments{"a", "..", ".."});
}

TEST_CASE("target: an empty segment is noticed") {
  for (const char* text : {"/a/", "/a//b", "//a", "/a//", "//"}) {
    CAPTURE(text);
    CHECK(parsed(text).has_empty_segment);
  }
  for (const char* text : {"/", "/a", "/a/b?c=/d//e/", "/?x", "/a%2F/b%2F%2Fc"}) {
    CAPTURE(text);
    CHECK_FALSE(parsed(text).has_empty_segment);
  }
}

TEST_CASE("target: a target that does not decode to UTF-8 is rejected") {
  for (const char* text : {"/%FF", "/a/%C0%80", "/%ED%A0%80", "/e?q=%FF", "/e?%FF=q"}) {
    INFO(text);
    CHECK_FALSE(parse_target(text).has_value());
  }
}
