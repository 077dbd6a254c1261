// HTTP connections over loopback sockets.
#include <vector>

#include <catch2/catch.hpp>

#include "access/token.hpp"
#include "net/support/test_server.hpp"

using namespace nvrhub;
using namespace nvrhub::net;
using namespace nvrhub::net::test;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

struct Minted {
  access::Token token;
  std::string text = access::mint(token).value();
};

/// A request whose body has two bytes, which the server asks for with 100 Continue once it has read the head.
std::string head_with_token(const std::string& token) {
  return "GET /api/v1/summary HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + token +
         "\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
}

} // namespace

TEST_CASE("http connection: requests on one connection are answered one after another", "[http]") {
  TestServer server;
  Client client(server);
  for (int i = 0; i < 2; ++i) {
    client.send("HEAD /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    CHECK_THAT(client.receive_head(), StartsWith("HTTP/1.1 200 OK\r\n") && Contains("Content-Length: 15\r\n"));
  }
}

TEST_CASE("http connection: a valid token is accepted before and after the body", "[http]") {
  TestServer server;
  const Minted minted;
  server.context->admission.guard.set(std::vector{minted.token});
  Client client(server);
  client.send(head_with_token(minted.text));
  CHECK_THAT(client.receive_head(), StartsWith("HTTP/1.1 100 "));
  client.send("{}");
  CHECK_THAT(client.receive_head(), StartsWith("HTTP/1.1 200 "));
}

TEST_CASE("http connection: a token that is revoked while the body is sent does not admit the request", "[http]") {
  TestServer server;
  const Minted minted;
  server.context->admission.guard.set(std::vector{minted.token});
  Client client(server);
  client.send(head_with_token(minted.text));
  CHECK_THAT(client.receive_head(), StartsWith("HTTP/1.1 100 "));
  server.context->admission.guard.set(std::vector<access::Token>{});
  client.send("{}");
  CHECK_THAT(client.receive_head(), StartsWith("HTTP/1.1 401 ") && Contains("WWW-Authenticate: Bearer"));
}

TEST_CASE("http connection: a body over the limit is refused before it is sent", "[http]") {
  TestServer server;
  Client client(server);
  client.send("PUT /api/v1/nvrs/NVR-1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1048577\r\n\r\n");
  CHECK_THAT(client.receive_head(), StartsWith("HTTP/1.1 413 "));
}

TEST_CASE("http connection: connections over the rate of their address get 503", "[http]") {
  NetOptions options;
  options.connections.connection_rate = {0.1, 10};
  TestServer server(options);
  Client first(server);
  first.send("HEAD /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK_THAT(first.receive_head(), StartsWith("HTTP/1.1 200 "));
  Client second(server);
  CHECK_THAT(second.receive_head(), StartsWith("HTTP/1.1 503 ") && Contains("Retry-After: "));
  CHECK(server.context->counters.sum(&metrics::NetCounters::refused) == 1);
}
