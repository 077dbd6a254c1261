#include "net/websocket/handshake.hpp"

#include <string>

#include <catch2/catch.hpp>

#include "net/support/test_server.hpp"

using namespace nvrhub;
using namespace nvrhub::net;
using namespace nvrhub::net::test;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
namespace http = boost::beast::http;

namespace {

/// RFC 6455, 1.3.
HttpRequest upgrade() {
  HttpRequest request{http::verb::get, "/ws", 11};
  request.set(http::field::host, "server.example.com");
  request.set(http::field::upgrade, "websocket");
  request.set(http::field::connection, "Upgrade");
  request.set(http::field::sec_websocket_key, "dGhlIHNhbXBsZSBub25jZQ==");
  request.set(http::field::sec_websocket_version, "13");
  return request;
}

/// The status of the refusal and the header that its text names.
std::string refusal(const HttpRequest& request) {
  const auto answer = accept_websocket(request);
  if (answer) return "accepted";
  const std::string& body = answer.error().body;
  const std::size_t at = body.find("\"message\":\"");
  REQUIRE(at != std::string::npos);
  const std::size_t begin = at + 11;
  return std::to_string(answer.error().status) + " " + body.substr(begin, body.find(':', begin) - begin);
}

std::string on_server(const TestServer& server, const std::string& headers) {
  Client client(server);
  client.send("GET /ws HTTP/1.1\r\nHost: localhost\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" + headers +
              "\r\n");
  return client.receive_head();
}

} // namespace

TEST_CASE("handshake: the example of RFC 6455 is accepted with exactly this response", "[handshake]") {
  CHECK(accept_websocket(upgrade()).value() == "HTTP/1.1 101 Switching Protocols\r\n"
                                               "Upgrade: websocket\r\n"
                                               "Connection: Upgrade\r\n"
                                               "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
                                               "Server: nvrhub\r\n"
                                               "\r\n");
}

TEST_CASE("handshake: extensions that a client offers are not accepted", "[handshake]") {
  for (const char* offer : {"permessage-deflate; client_max_window_bits", "x-webkit-deflate-frame", ";;,\""}) {
    HttpRequest request = upgrade();
    request.set(http::field::sec_websocket_extensions, offer);
    CHECK(accept_websocket(request).value() == accept_websocket(upgrade()).value());
  }
}

TEST_CASE("handshake: of the subprotocols that a client offers, the first is accepted", "[handshake]") {
  const auto chosen = [](std::initializer_list<const char*> lines) {
    HttpRequest request = upgrade();
    for (const char* line : lines)
      request.insert(http::field::sec_websocket_protocol, line);
    const auto answer = accept_websocket(request);
    if (!answer) return std::to_string(answer.error().status);
    const std::string begin = "\r\nSec-WebSocket-Protocol: ";
    const std::size_t at = answer->find(begin);
    if (at == std::string::npos) return std::string("none");
    const std::size_t from = at + begin.size();
    return answer->substr(from, answer->find("\r\n", from) - from);
  };
  CHECK(chosen({}) == "none");
  CHECK(chosen({"x"}) == "x");
  CHECK(chosen({"chat, superchat"}) == "chat");
  CHECK(chosen({"b,a"}) == "b");
  CHECK(chosen({" x\t,\ty "}) == "x");
  CHECK(chosen({"b", "a"}) == "b");
  CHECK(chosen({"a!#$%&'*+-.^_`|~9, b"}) == "a!#$%&'*+-.^_`|~9");
  CHECK(chosen({"X, x"}) == "X"); // they differ
  for (const char* wrong :
       {"", " ", ",x", "x,", "x,,y", "x y", "x,x", "x, y, x", "\"x\"", "a@b", "x;q=1", "a/b", "\xFC", "x\x7F"}) {
    CAPTURE(wrong);
    CHECK(chosen({wrong}) == "400");
  }
  CHECK(chosen({"b", "b"}) == "400");
}

TEST_CASE("handshake: a request without a header that RFC 6455 requires is refused, and the text names it",
          "[handshake]") {
  HttpRequest request = upgrade();
  SECTION("Host") {
    request.erase(http::field::host);
    CHECK(refusal(request) == "400 Host");
  }
  SECTION("Sec-WebSocket-Key") {
    request.erase(http::field::sec_websocket_key);
    CHECK(refusal(request) == "400 Sec-WebSocket-Key");
  }
  SECTION("Sec-WebSocket-Version") {
    request.erase(http::field::sec_websocket_version);
    CHECK(refusal(request) == "426 Sec-WebSocket-Version");
  }
}

TEST_CASE("handshake: a key that is not 16 bytes in base64 is refused", "[handshake]") {
  const auto with_key = [](const char* key) {
    HttpRequest request = upgrade();
    request.set(http::field::sec_websocket_key, key);
    return refusal(request);
  };
  CHECK(with_key("ABCDEFGHIJKLMNOPQRST+/==") == "accepted");
  CHECK(with_key("ABCDEFGHIJKLMNOPQRSTU===") == "400 Sec-WebSocket-Key");
  CHECK(with_key("ABCDEFGHIJKLMNOPQRSTUV=") == "400 Sec-WebSocket-Key");
  CHECK(with_key("ABCDEFGHIJKLMNOPQRSTUVWXYZ==") == "400 Sec-WebSocket-Key");
  CHECK(with_key("ABCDEFGHIJKLMNOPQRSTUVWX") == "400 Sec-WebSocket-Key");
  CHECK(with_key("ABCDEFGHIJ LMNOPQRSTUV==") == "400 Sec-WebSocket-Key");
}

TEST_CASE("handshake: a version other than 13 and 8 is answered with 426 and those that are supported", "[handshake]") {
  HttpRequest request = upgrade();
  for (const char* accepted : {"8", "13", "013"}) {
    request.set(http::field::sec_websocket_version, accepted);
    CHECK(refusal(request) == "accepted");
  }
  for (const char* other : {"7", "14", "", "13, 8", "13.", "x", "-13", "0xD"}) {
    request.set(http::field::sec_websocket_version, other);
    CHECK(refusal(request) == "426 Sec-WebSocket-Version");
  }

  TestServer server;
  CHECK_THAT(on_server(server, "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 7\r\n"),
             StartsWith("HTTP/1.1 426 ") && Contains("Sec-WebSocket-Version: 13, 8\r\n"));
}

TEST_CASE("handshake: the origin that a client of version 8 names is checked", "[handshake]") {
  TestServer server;
  const std::string headers = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 8\r\n";
  CHECK_THAT(on_server(server, headers), StartsWith("HTTP/1.1 101 "));
  CHECK_THAT(on_server(server, headers + "Sec-WebSocket-Origin: http://localhost\r\n"), StartsWith("HTTP/1.1 101 "));
  CHECK_THAT(on_server(server, headers + "Sec-WebSocket-Origin: http://evil.example\r\n"), StartsWith("HTTP/1.1 403 "));
}

TEST_CASE("handshake: only Connection: Upgrade with Upgrade: websocket makes a connection a WebSocket", "[handshake]") {
  TestServer server;
  const std::string version = "Sec-WebSocket-Version: 13\r\n";
  CHECK_THAT(on_server(server, version + "Upgrade: websocket\r\nConnection: Upgrade\r\n"), StartsWith("HTTP/1.1 101 "));
  CHECK_THAT(on_server(server, version + "Upgrade: WebSocket\r\nConnection: keep-alive, upgrade\r\n"),
             StartsWith("HTTP/1.1 101 "));
  for (const char* headers : {"Upgrade: websocket\r\nConnection: keep-alive\r\n", "Upgrade: websocket\r\n",
                              "Upgrade: h2c\r\nConnection: Upgrade\r\n", "Connection: Upgrade\r\n"}) {
    CAPTURE(headers);
    CHECK_THAT(on_server(server, version + headers), StartsWith("HTTP/1.1 426 "));
  }
}
