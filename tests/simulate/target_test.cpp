#include "simulate/target.hpp"

#include <stdexcept>

#include <catch2/catch.hpp>

using namespace nvrhub::simulate;

TEST_CASE("server addresses are parsed in every form") {
  const auto plain = parse_target("10.1.2.3:9000");
  CHECK(plain.host == "10.1.2.3");
  CHECK(plain.port == "9000");
  CHECK(plain.nvr_path == "/ws");
  CHECK(parse_target("hub").port == "8080");
  CHECK(parse_target("ws://hub:1/nvr?token=x").nvr_path == "/nvr?token=x");
  CHECK(parse_target("hub:1?token=x").nvr_path == "/?token=x");
  const auto six = parse_target("ws://[::1]:8081");
  CHECK(six.host == "::1");
  CHECK(six.authority() == "[::1]:8081");
}

TEST_CASE("invalid server addresses are refused") {
  for (const char* wrong : {"", ":8080", "hub:", "hub:x", "hub:123456", "wss://hub", "::1:8080", "[::1", "[::1]8080"})
    CHECK_THROWS_AS(parse_target(wrong), std::runtime_error);
}
