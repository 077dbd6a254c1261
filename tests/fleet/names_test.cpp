#include "fleet/names.hpp"

#include <string>

#include <catch2/catch.hpp>

using namespace nvrhub::fleet;
using namespace std::string_literals;

TEST_CASE("well-formed UTF-8") {
  CHECK(is_utf8(""));
  CHECK(is_utf8({})); // without an address
  CHECK(is_utf8("plain"));
  CHECK(is_utf8("\0\x7F"s));
  CHECK(is_utf8("\xC2\x80"));         // U+0080, the least of two bytes
  CHECK(is_utf8("\xDF\xBF"));         // U+07FF
  CHECK(is_utf8("\xE0\xA0\x80"));     // U+0800, the least of three
  CHECK(is_utf8("\xED\x9F\xBF"));     // U+D7FF, just below the surrogates
  CHECK(is_utf8("\xEE\x80\x80"));     // U+E000, just above
  CHECK(is_utf8("\xEF\xBF\xBF"));     // U+FFFF
  CHECK(is_utf8("\xF0\x90\x80\x80")); // U+10000, the least of four
  CHECK(is_utf8("\xF4\x8F\xBF\xBF")); // U+10FFFF, the last
}

TEST_CASE("malformed UTF-8") {
  CHECK_FALSE(is_utf8("\x80"));             // continuation first
  CHECK_FALSE(is_utf8("a\xBF"));            // and last
  CHECK_FALSE(is_utf8("\xC3"));             // cut short
  CHECK_FALSE(is_utf8("\xE2\x82"));         // cut short
  CHECK_FALSE(is_utf8("\xF0\x9F\x8E"));     // cut short
  CHECK_FALSE(is_utf8("\xC3 "));            // no continuation
  CHECK_FALSE(is_utf8("\xE2\x82 "));        // no second continuation
  CHECK_FALSE(is_utf8("\xC0\x80"));         // overlong NUL
  CHECK_FALSE(is_utf8("\xC1\xBF"));         // overlong
  CHECK_FALSE(is_utf8("\xE0\x9F\xBF"));     // overlong
  CHECK_FALSE(is_utf8("\xF0\x8F\xBF\xBF")); // overlong
  CHECK_FALSE(is_utf8("\xED\xA0\x80"));     // U+D800
  CHECK_FALSE(is_utf8("\xED\xBF\xBF"));     // U+DFFF
  CHECK_FALSE(is_utf8("\xF4\x90\x80\x80")); // U+110000
  CHECK_FALSE(is_utf8("\xF8\x88\x80\x80\x80"));
  CHECK_FALSE(is_utf8("\xFF"));
}

TEST_CASE("names are 1 to 200 bytes") {
  CHECK_FALSE(is_valid_name(""));
  CHECK(is_valid_name("x"));
  CHECK(is_valid_name(std::string(200, 'x')));
  CHECK_FALSE(is_valid_name(std::string(201, 'x')));

  std::string wide;
  for (int i = 0; i < 100; ++i)
    wide += "\xC3\xA9";
  CHECK(is_valid_name(wide)); // 100 characters, 200 bytes
  CHECK_FALSE(is_valid_name(wide + "x"));
}

TEST_CASE("names have no control characters") {
  CHECK(is_valid_name(" "));
  CHECK(is_valid_name("~"));
  CHECK(is_valid_name("Caf\xC3\xA9 \xE5\x85\xA5\xE5\x8F\xA3 \xF0\x9F\x93\xB9"));
  CHECK(is_valid_name("\xC2\xA0")); // U+00A0, just above the C1 controls
  CHECK_FALSE(is_valid_name("a\nb"));
  CHECK_FALSE(is_valid_name("a\tb"));
  CHECK_FALSE(is_valid_name("a\0b"s));
  CHECK_FALSE(is_valid_name("\x1F"));
  CHECK_FALSE(is_valid_name("\x7F"));
  CHECK_FALSE(is_valid_name("\xC2\x80"));
  CHECK_FALSE(is_valid_name("\xC2\x9F"));
  CHECK_FALSE(is_valid_name("a\xFF"));
}

TEST_CASE("every valid name but . and .. is addressable") {
  CHECK_FALSE(is_addressable_name("."));
  CHECK_FALSE(is_addressable_name(".."));
  CHECK_FALSE(is_addressable_name(""));
  CHECK_FALSE(is_addressable_name("a\nb"));
  CHECK(is_valid_name(".")); // a store may hold it
  CHECK(is_valid_name(".."));
  for (const char* name :
       {"...", ". ", " ..", ".a", "a..", "%2e%2e", "%2E", "..;", "../..", "/", "\xEF\xBC\x8E\xEF\xBC\x8E"})
    CHECK(is_addressable_name(name));
}

TEST_CASE("each byte of a name is checked, whatever its position") {
  for (std::size_t size = 1; size <= 24; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string name(size, '~');
        name[at] = static_cast<char>(byte);
        if (is_valid_name(name) != (byte >= 0x20 && byte < 0x7F))
          FAIL("byte " << byte << " at " << at << " of " << size);
      }
    }
  }
}

TEST_CASE("addresses are at most 64 bytes and may be empty") {
  CHECK(is_valid_address(""));
  CHECK(is_valid_address("192.168.0.101"));
  CHECK(is_valid_address("10.0.0.7:554"));
  CHECK(is_valid_address("fe80::1%eth0"));
  CHECK(is_valid_address(std::string(64, '1')));
  CHECK_FALSE(is_valid_address(std::string(65, '1')));
  CHECK_FALSE(is_valid_address("10.0.0.1\n"));
  CHECK_FALSE(is_valid_address("\xC3"));
}
