// Connections of trusted proxies over loopback sockets.
#include <string>

#include <catch2/catch.hpp>

#include "net/support/proxy_header.hpp"
#include "net/support/test_server.hpp"

using namespace nvrhub;
using namespace nvrhub::net;
using namespace nvrhub::net::test;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

const std::string healthz_head = "HEAD /healthz HTTP/1.1\r\nHost: localhost\r\n";

/// Trusts loopback; an address may connect once.
NetOptions behind_proxy(ProxyHeader header) {
  NetOptions options;
  options.connections.connection_rate = {0.001, 10};
  options.connections.trusted_proxies.add("127.0.0.0/8");
  options.connections.proxy_header = header;
  return options;
}

std::string status_after(const TestServer& server, const std::string& sent) {
  Client client(server);
  client.send(sent);
  return client.receive_head().substr(9, 3);
}

std::uint64_t unreadable_headers(const TestServer& server) {
  return server.context->counters.sum(&metrics::NetCounters::proxy_headers_unreadable);
}

} // namespace

TEST_CASE("proxied client: --connection-rate counts each client of X-Forwarded-For, with a port or without",
          "[proxied_client]") {
  TestServer server(behind_proxy(ProxyHeader::x_forwarded_for));
  const auto from = [&server](const std::string& value) {
    return status_after(server, healthz_head + "X-Forwarded-For: " + value + "\r\n\r\n");
  };
  CHECK(from("192.0.2.1:4711") == "200");
  CHECK(from("192.0.2.1:4712") == "503");
  CHECK(from("\t192.0.2.1\t") == "503");
  CHECK(from("[2001:db8::7]:4711") == "200");
  CHECK(from("2001:db8::7") == "503");
  CHECK(unreadable_headers(server) == 0);
  CHECK(from("unknown") == "200"); // as the proxy
  CHECK(from("unknown") == "503");
  CHECK(from("_hidden") == "503");
  CHECK(status_after(server, healthz_head + "\r\n") == "503");
  CHECK(unreadable_headers(server) == 3);
  CHECK(server.context->counters.sum(&metrics::NetCounters::refused) == 6);
}

TEST_CASE("proxied client: only the chosen header is read", "[proxied_client]") {
  const std::string both = healthz_head + "X-Forwarded-For: 192.0.2.1\r\nForwarded: for=192.0.2.2\r\n\r\n";
  const std::string xff = healthz_head + "X-Forwarded-For: 192.0.2.1\r\n\r\n";
  const std::string forwarded = healthz_head + "Forwarded: for=192.0.2.2\r\n\r\n";
  SECTION("X-Forwarded-For") {
    TestServer server(behind_proxy(ProxyHeader::x_forwarded_for));
    CHECK(status_after(server, both) == "200");
    CHECK(status_after(server, xff) == "503");
    CHECK(status_after(server, forwarded) == "200"); // as the proxy
  }
  SECTION("Forwarded") {
    TestServer server(behind_proxy(ProxyHeader::forwarded));
    CHECK(status_after(server, both) == "200");
    CHECK(status_after(server, forwarded) == "503");
    CHECK(status_after(server, xff) == "200");
  }
  SECTION("the PROXY protocol") {
    TestServer server(behind_proxy(ProxyHeader::proxy_protocol));
    CHECK(status_after(server, "PROXY TCP4 192.0.2.3 10.0.0.1 1 2\r\n" + both) == "200");
    CHECK(status_after(server, "PROXY TCP4 192.0.2.3 10.0.0.1 3 4\r\n" + healthz_head +
                                   "X-Forwarded-For: 192.0.2.9\r\n\r\n") == "503");
    CHECK(status_after(server, proxy_v2(0x21, 0x11, bytes({192, 0, 2, 1, 10, 0, 0, 1, 0, 1, 0, 2})) + healthz_head +
                                   "\r\n") == "200");
  }
}

TEST_CASE("proxied client: one connection that carries requests of several clients", "[proxied_client]") {
  TestServer server(behind_proxy(ProxyHeader::x_forwarded_for));
  Client proxy(server);
  for (const char* client : {"192.0.2.1", "192.0.2.1", "192.0.2.2"}) {
    proxy.send(healthz_head + "X-Forwarded-For: " + client + "\r\n\r\n");
    CHECK_THAT(proxy.receive_head(), StartsWith("HTTP/1.1 200 "));
  }
  proxy.send(healthz_head + "X-Forwarded-For: 192.0.2.1\r\n\r\n");
  CHECK_THAT(proxy.receive_head(), StartsWith("HTTP/1.1 503 "));
}

TEST_CASE("proxied client: a trusted proxy that sends no PROXY header gets 400 and the reason", "[proxied_client]") {
  TestServer server(behind_proxy(ProxyHeader::proxy_protocol));
  Client client(server);
  client.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK_THAT(client.receive_head(), StartsWith("HTTP/1.1 400 "));
  CHECK_THAT(client.receive(20), Contains("error"));
  CHECK(unreadable_headers(server) == 1);

  Client slow(server); // "PR" could begin a PROXY header
  slow.send("PR");
  slow.send("OPFIND / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK_THAT(slow.receive_head(), StartsWith("HTTP/1.1 400 ") || StartsWith("HTTP/1.1 501 "));
}

TEST_CASE("proxied client: a PROXY header in pieces is read; health checks have the address of the proxy",
          "[proxied_client]") {
  TestServer server(behind_proxy(ProxyHeader::proxy_protocol));
  Client client(server);
  const std::string sent = proxy_v2(0x21, 0x11, bytes({192, 0, 2, 1, 10, 0, 0, 1, 0, 1, 0, 2}) + "tlv");
  for (const char c : sent)
    client.send(std::string(1, c));
  client.send(healthz_head + "\r\n");
  CHECK_THAT(client.receive_head(), StartsWith("HTTP/1.1 200 "));
  CHECK(status_after(server, proxy_v2(0x20, 0, "") + healthz_head + "\r\n") == "200");
  CHECK(status_after(server, "PROXY UNKNOWN\r\n" + healthz_head + "\r\n") == "503"); // the same address
  CHECK(unreadable_headers(server) == 0);
}

TEST_CASE("proxied client: a wrong or endless PROXY header closes the connection", "[proxied_client]") {
  TestServer server(behind_proxy(ProxyHeader::proxy_protocol));
  for (const std::string& sent :
       {std::string("PROXY TCP4 nonsense\r\n"), "PROXY UNKNOWN " + std::string(200, 'x'), proxy_v2(0x51, 0x11, "")}) {
    Client client(server);
    client.send(sent);
    CHECK(client.receive(1).empty());
  }
  CHECK(unreadable_headers(server) == 3);
}

TEST_CASE("proxied client: an unfinished PROXY header closes the connection", "[proxied_client]") {
  NetOptions options = behind_proxy(ProxyHeader::proxy_protocol);
  options.timeouts.auth = std::chrono::seconds(1);
  TestServer server(std::move(options));
  CHECK(Client(server).receive(1).empty()); // a connection that says nothing is closed and not counted
  CHECK(unreadable_headers(server) == 0);
  // On a busy machine the time may be over before the server reads anything: then it has said nothing.
  std::uint64_t tries = 0;
  for (; tries < 20 && unreadable_headers(server) == 0; ++tries) {
    Client client(server);
    client.send("PROXY TCP4 192.0.2.1 ");
    CHECK(client.receive(1).empty());
  }
  CHECK(unreadable_headers(server) >= 1);
  CHECK(unreadable_headers(server) <= tries); // the client may see the end before it is counted
}

TEST_CASE("proxied client: an address that is not trusted cannot name a client", "[proxied_client]") {
  NetOptions options = behind_proxy(ProxyHeader::proxy_protocol);
  options.connections.trusted_proxies = {};
  options.connections.trusted_proxies.add("192.0.2.0/24");
  options.connections.connection_rate = {};
  TestServer server(std::move(options));
  CHECK(status_after(server, healthz_head + "\r\n") == "200");
  CHECK(status_after(server, "PROXY TCP4 192.0.2.3 10.0.0.1 1 2\r\n" + healthz_head + "\r\n") != "200");
}
