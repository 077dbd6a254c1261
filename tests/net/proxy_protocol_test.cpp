#include "net/transport/proxy_protocol.hpp"

#include <algorithm>
#include <string>

#include <catch2/catch.hpp>

#include "net/support/proxy_header.hpp"

using namespace nvrhub;
using namespace nvrhub::net;
using namespace nvrhub::net::test;
using State = ProxyProtocolParser::State;

namespace {

/// What is read of `bytes` when they arrive in pieces: the client ("peer" if the header names none), and how many bytes
/// are left.
std::string read_in_pieces(const std::string& bytes, std::size_t piece) {
  ProxyProtocolParser parser;
  std::size_t at = 0;
  while (at < bytes.size() && parser.state() == State::incomplete) {
    const std::string_view next = std::string_view(bytes).substr(at, piece);
    const std::size_t used = parser.parse(next);
    if (parser.state() == State::incomplete) REQUIRE(used == next.size()); // or the reader would spin
    at += used;
  }
  switch (parser.state()) {
  case State::incomplete:
    return "incomplete";
  case State::absent:
    return "absent after " + std::string(parser.consumed());
  case State::wrong:
    CHECK(!parser.error().empty());
    return "wrong";
  case State::done:
    break;
  }
  const std::string client = parser.client() ? parser.client()->to_string() : "peer";
  return client + " + " + bytes.substr(at);
}

std::string read_whole(const std::string& bytes) {
  const std::string whole = read_in_pieces(bytes, bytes.size());
  if (whole.starts_with("absent")) return "absent";
  for (const std::size_t piece : {1, 2, 7, 15, 16, 17, 100})
    CHECK(read_in_pieces(bytes, piece) == whole);
  return whole;
}

const std::string v4_addresses = bytes({192, 0, 2, 1, 10, 0, 0, 1, 0x12, 0x34, 0, 80});

} // namespace

TEST_CASE("proxy protocol: version 1 names the client, and what follows is not touched", "[proxy_protocol]") {
  CHECK(read_whole("PROXY TCP4 192.0.2.1 10.0.0.1 4711 80\r\nGET /") == "192.0.2.1 + GET /");
  CHECK(read_whole("PROXY TCP6 2001:db8::7 2001:db8::1 65535 0\r\n") == "2001:db8::7 + ");
  CHECK(read_whole("PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n\x16\x03") == "192.0.2.1 + \x16\x03");
  CHECK(read_whole("PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 "
                   "65535\r\n") == "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff + ");
}

TEST_CASE("proxy protocol: UNKNOWN and LOCAL name no client", "[proxy_protocol]") {
  CHECK(read_whole("PROXY UNKNOWN\r\nGET /") == "peer + GET /");
  CHECK(read_whole("PROXY UNKNOWN ffff::1 ffff::2 1 2\r\nGET /") == "peer + GET /");
  CHECK(read_whole(proxy_v2(0x20, 0x00, "") + "GET /") == "peer + GET /");
  CHECK(read_whole(proxy_v2(0x20, 0x11, v4_addresses) + "GET /") == "peer + GET /");
  CHECK(read_whole(proxy_v2(0x20, 0xFF, "whatever") + "GET /") == "peer + GET /");
  CHECK(read_whole(proxy_v2(0x21, 0x00, "") + "GET /") == "peer + GET /");
  CHECK(read_whole(proxy_v2(0x21, 0x00, "ignored") + "GET /") == "peer + GET /");
  CHECK(read_whole(proxy_v2(0x21, 0x31, std::string(216, 'u')) + "GET /") == "peer + GET /"); // a UNIX socket
}

TEST_CASE("proxy protocol: version 2 names the client, with or without extensions", "[proxy_protocol]") {
  CHECK(read_whole(proxy_v2(0x21, 0x11, v4_addresses) + "GET /") == "192.0.2.1 + GET /");
  CHECK(read_whole(proxy_v2(0x21, 0x12, v4_addresses)) == "192.0.2.1 + "); // over UDP
  const std::string v6 = bytes({0x20, 0x01, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7}) + std::string(20, '\1');
  CHECK(read_whole(proxy_v2(0x21, 0x21, v6) + "GET /") == "2001:db8::7 + GET /");
  const std::string mapped = std::string(10, '\0') + bytes({0xFF, 0xFF, 192, 0, 2, 1}) + std::string(20, '\1');
  CHECK(read_whole(proxy_v2(0x21, 0x21, mapped)) == "192.0.2.1 + ");
  CHECK(read_whole(proxy_v2(0x21, 0x11, v4_addresses + std::string(4, '\5')) + "GET /") == "192.0.2.1 + GET /");
  CHECK(read_whole(proxy_v2(0x21, 0x11, v4_addresses + std::string(16'000, 't')) + "GET /") == "192.0.2.1 + GET /");
}

TEST_CASE("proxy protocol: a header that is wrong is not taken for another one", "[proxy_protocol]") {
  for (const std::string line :
       {"PROXY", "PROXY ", "PROXY TCP4", "PROXY TCP5 192.0.2.1 10.0.0.1 1 2", "PROXY tcp4 192.0.2.1 10.0.0.1 1 2",
        "PROXY TCP4 192.0.2.1 10.0.0.1 1", "PROXY TCP4 192.0.2.1 10.0.0.1 1 2 3", "PROXY TCP4  192.0.2.1 10.0.0.1 1 2",
        "PROXY TCP4 2001:db8::7 2001:db8::1 1 2", "PROXY TCP6 192.0.2.1 10.0.0.1 1 2",
        "PROXY TCP4 192.0.2.256 10.0.0.1 1 2", "PROXY TCP4 192.0.2.1 nonsense 1 2",
        "PROXY TCP4 192.0.2.1 10.0.0.1 65536 2", "PROXY TCP4 192.0.2.1 10.0.0.1 -1 2",
        "PROXY TCP4 192.0.2.1 10.0.0.1 1 x", "PROXY TCP4 192.0.2.1 10.0.0.1 000001 2",
        "PROXY TCP6 fe80::1%eth0 ::1 1 2"}) {
    CAPTURE(line);
    CHECK(read_whole(line + "\r\n") == (line == "PROXY" ? "absent" : "wrong"));
  }
  CHECK(read_whole("PROXY TCP4 192.0.2.1 10.0.0.1 1 2\n") == "wrong");
  CHECK(read_whole("PROXY UNKNOWN\n") == "wrong");
  CHECK(read_whole("PROXY UNKNOWN " + std::string(91, 'x') + "\r\n") == "peer + "); // 107 bytes
  CHECK(read_whole("PROXY UNKNOWN " + std::string(92, 'x') + "\r\n") == "wrong");
  CHECK(read_whole(proxy_v2(0x11, 0x11, v4_addresses)) == "wrong");
  CHECK(read_whole(proxy_v2(0x31, 0x11, v4_addresses)) == "wrong");
  CHECK(read_whole(proxy_v2(0x22, 0x11, v4_addresses)) == "wrong");
  CHECK(read_whole(proxy_v2(0x21, 0x41, v4_addresses)) == "wrong");
  CHECK(read_whole(proxy_v2(0x21, 0x13, v4_addresses)) == "wrong");
  CHECK(read_whole(proxy_v2(0x21, 0x11, v4_addresses.substr(1))) == "wrong");
  CHECK(read_whole(proxy_v2(0x21, 0x21, std::string(35, '\1'))) == "wrong");
  CHECK(read_whole(proxy_v2(0x21, 0x11, v4_addresses + std::string(17'000, 't'))) == "wrong"); // over the limit
}

TEST_CASE("proxy protocol: a header that is incomplete or absent is known as such", "[proxy_protocol]") {
  for (const std::string& whole :
       {std::string("PROXY TCP4 192.0.2.1 10.0.0.1 4711 80\r\n"), proxy_v2(0x21, 0x11, v4_addresses + "tlv")}) {
    for (std::size_t size = 1; size < whole.size(); ++size)
      CHECK(read_whole(whole.substr(0, size)) == "incomplete");
  }
  for (const std::string other : {"GET / HTTP/1.1\r\n", "PUT / HTTP/1.1\r\n", "PROPFIND / HTTP/1.1\r\n", "PROXYTCP4 ",
                                  "proxy UNKNOWN\r\n", "\x16\x03\x01", "\r\n\r\nGET / HTTP/1.1", "\n"})
    CHECK(read_whole(other) == "absent");
  CHECK(read_in_pieces("PROPFIND / HTTP/1.1\r\n", 1) == "absent after PRO");
  CHECK(read_in_pieces("PROPFIND / HTTP/1.1\r\n", 2) == "absent after PR");
}
