#include "fleet/status.hpp"

#include <string>

#include <catch2/catch.hpp>

using namespace nvrhub::fleet;

TEST_CASE("a status is offline by default") {
  CHECK(Status().is_offline());
  CHECK(Status() == Status::offline());
  CHECK(Status().text() == "offline");
}

TEST_CASE("only online and offline have a meaning, case-sensitively") {
  CHECK(Status::parse("online") == Status::online());
  CHECK(Status::parse("offline") == Status::offline());
  CHECK(Status::parse("online")->is_online());
  CHECK_FALSE(Status::parse("online")->is_offline());
  for (const char* other : {"Online", "OFFLINE", "video_loss", "unauthorized", "onlin", "online ", "on"}) {
    CAPTURE(other);
    const auto status = Status::parse(other);
    REQUIRE(status);
    CHECK_FALSE(status->is_online());
    CHECK_FALSE(status->is_offline());
    CHECK(status->text() == other);
  }
}

TEST_CASE("a status is 1 to 32 bytes of UTF-8 without control characters") {
  CHECK_FALSE(Status::parse(""));
  CHECK(Status::parse("x")->text() == "x");
  CHECK(Status::parse(std::string(32, 's'))->text() == std::string(32, 's'));
  CHECK_FALSE(Status::parse(std::string(33, 's')));
  CHECK(Status::parse("gest\xC3\xB6rt")->text() == "gest\xC3\xB6rt");
  CHECK_FALSE(Status::parse("a\nb"));
  CHECK_FALSE(Status::parse("\xFF"));
}

TEST_CASE("statuses compare by text only") {
  Status status = Status::parse("a_long_status_before").value();
  CHECK_FALSE(status == Status::online());
  status = Status::online();
  CHECK(status == Status::parse("online").value());
  CHECK_FALSE(Status::parse("ab") == Status::parse("abc"));
}

TEST_CASE("sources and causes have the texts of protocol.md") {
  CHECK(to_string(Source::reported) == "reported");
  CHECK(to_string(Source::assumed) == "assumed");
  CHECK(to_string(Source::nvr_unreachable) == "nvr_unreachable");
  CHECK(to_string(Source::manual) == "manual");
  CHECK(to_string(Cause::closed) == "closed");
  CHECK(to_string(Cause::timeout) == "timeout");
  CHECK(to_string(Cause::error) == "error");
  CHECK(to_string(Cause::kicked) == "kicked");
  CHECK(to_string(Cause::server_restart) == "server_restart");
  CHECK(to_string(Cause::manual) == "manual");
  CHECK(to_string(Cause::node_lost) == "node_lost");
  CHECK(to_string(static_cast<Cause>(cause_count)) == "?");
  CHECK(to_string(static_cast<Cause>(cause_count - 1)) != "?");
}
