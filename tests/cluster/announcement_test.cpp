#include <catch2/catch.hpp>

#include "cluster/announcement.hpp"

using nvrhub::cluster::Announcement;
using nvrhub::cluster::decode_announcement;

TEST_CASE("an announcement is read as it was written") {
  const Announcement announcement{"http://a.example:8080", "0.3.0", 1};
  CHECK(encode(announcement) == R"({"address":"http://a.example:8080","version":"0.3.0","entry_version":1})");
  CHECK(decode_announcement(encode(announcement)) == announcement);
}

TEST_CASE("an announcement of another version or of no node at all is read as far as possible") {
  const Announcement read = decode_announcement(R"({"version":"9.0","entry_version":7,"address":false,"more":[1]})");
  CHECK(read == Announcement{"", "9.0", 7});
  for (const char* text : {"", "{", "[]", "7", "null", R"({"entry_version":-1})", R"({"entry_version":"1"})"})
    CHECK(decode_announcement(text) == Announcement{});
}

TEST_CASE("an address that is no UTF-8 does not prevent the announcement") {
  CHECK_FALSE(encode(Announcement{"\xff", "", 0}).empty());
}
