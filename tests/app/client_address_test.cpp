#include "client/address.hpp"

#include <catch2/catch.hpp>

#include <string>

using nvrhub::client::Address;
using nvrhub::client::parse_address;

namespace {

/// "tls|plain|- HOST PORT PATH", or "refused".
std::string parsed_address(const char* text) {
  const auto address = parse_address(text);
  if (!address) return "refused";
  return std::string(address->tls     ? "tls "
                     : address->plain ? "plain "
                                      : "- ") +
         address->host + " " + address->port + " " + address->path;
}

} // namespace

TEST_CASE("server addresses are parsed in every form") {
  CHECK(parsed_address("10.1.2.3:9000") == "- 10.1.2.3 9000 ");
  CHECK(parsed_address("hub") == "- hub 8080 ");
  CHECK(parsed_address("[::1]:8081") == "- ::1 8081 ");
  CHECK(parsed_address("[fe80::1%eth0]:8081") == "- fe80::1%eth0 8081 ");
  CHECK(parsed_address("http://hub:1") == "plain hub 1 ");
  CHECK(parsed_address("http://hub") == "plain hub 80 ");
  CHECK(parsed_address("HTTPS://Hub.Example/") == "tls Hub.Example 443 /");
  CHECK(parsed_address("ws://hub:1/nvr?a=x&b") == "plain hub 1 /nvr?a=x&b");
  CHECK(parsed_address("wss://[::1]:8443/ws") == "tls ::1 8443 /ws");
  CHECK(parsed_address("https://[fe80::1%25eth0]:8443") == "tls fe80::1%eth0 8443 ");
  CHECK(parsed_address("http://hub:/#top") == "plain hub 80 /");
}

TEST_CASE("invalid server addresses are refused") {
  for (const char* wrong : {"",
                            ":8080",
                            "hub:",
                            "hub:x",
                            "hub:0",
                            "hub:65536",
                            "hub:123456",
                            "hub:-1",
                            "::1:8080",
                            "[::1",
                            "[::1]8080",
                            "[hub]:1",
                            "ftp://hub",
                            "tcp://hub:1",
                            "http://",
                            "https:///x",
                            "http://user:secret@hub",
                            "hub name:1",
                            "http://hub:80:90",
                            "mailto:hub"})
    CHECK(parsed_address(wrong) == "refused");
  for (const char* wrong : {"http://user:secret@hub", "ftp://hub?token=secret"})
    CHECK(parse_address(wrong).error().find("secret") == std::string::npos);
}

TEST_CASE("the token of a URL is taken out of it") {
  const auto address = parse_address("ws://hub:1/ws?a=1&token=x%2By&b=2");
  REQUIRE(address);
  CHECK(address->token == "x+y");
  CHECK(address->path == "/ws?a=1&b=2");
}

TEST_CASE("names for Host and for certificates") {
  CHECK(parse_address("[::1]:8081")->authority() == "[::1]:8081");
  CHECK(parse_address("[fe80::1%eth0]:1")->authority() == "[fe80::1]:1");
  CHECK(parse_address("[fe80::1%eth0]:1")->certificate_name() == "fe80::1");
  CHECK(parse_address("https://hub.example.")->certificate_name() == "hub.example");
}
