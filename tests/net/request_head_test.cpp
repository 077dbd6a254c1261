#include "net/http/request_head.hpp"

#include <string>
#include <utility>
#include <vector>

#include <boost/beast/http/parser.hpp>
#include <catch2/catch.hpp>

#include "net/http/header_list.hpp"

using namespace nvrhub::net;
namespace http = boost::beast::http;

namespace {

/// `lines`: the request line and header lines, each without its end.
HttpRequest head_of(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines)
    text += line + "\r\n";
  text += "\r\n";
  http::request_parser<http::string_body> parser;
  boost::system::error_code error;
  parser.put(boost::asio::buffer(text), error);
  INFO(text);
  REQUIRE_FALSE(error);
  return parser.get();
}

/// The status of the refusal; 0: none.
int refused_with(const std::vector<std::string>& lines) {
  HttpRequest request = head_of(lines);
  const auto refused = check_head(request);
  return refused ? refused->status : 0;
}

/// Target and Host once the request was checked.
std::pair<std::string, std::string> seen(const std::string& method, const std::string& target) {
  HttpRequest request = head_of({method + " " + target + " HTTP/1.1", "Host: proxy.example"});
  CAPTURE(target);
  REQUIRE_FALSE(check_head(request).has_value());
  return {std::string(request.target()), header(request, http::field::host)};
}

} // namespace

TEST_CASE("request head: HTTP/1.1 needs one valid Host, HTTP/1.0 needs none") {
  CHECK(refused_with({"GET / HTTP/1.1"}) == 400);
  CHECK(refused_with({"GET / HTTP/1.0"}) == 0);
  CHECK(refused_with({"OPTIONS / HTTP/1.0"}) == 0);
  for (const char* version : {"HTTP/1.1", "HTTP/1.0"}) {
    CHECK(refused_with({"GET / " + std::string(version), "Host: a", "Host: a"}) == 400);
    CHECK(refused_with({"GET / " + std::string(version), "Host: a b"}) == 400);
  }
  for (const char* host :
       {"", "a", "a:80", "my_service:8080", "10.0.0.7", "[::1]:8080", "A.example.", "127.0.0.1.example:80"})
    CHECK(refused_with({"GET / HTTP/1.1", "Host: " + std::string(host)}) == 0);
  for (const char* host : {"a/b", "u@a", "a:x", "[::1", "a, b", "a?", "a#b"})
    CHECK(refused_with({"GET / HTTP/1.1", "Host: " + std::string(host)}) == 400);
}

TEST_CASE("request head: an absolute target is brought into origin form, and its host counts") {
  using Seen = std::pair<std::string, std::string>;
  CHECK(seen("GET", "http://hub.example:8080/api/v1/nvrs?x=/y") == Seen{"/api/v1/nvrs?x=/y", "hub.example:8080"});
  CHECK(seen("GET", "HTTPS://hub.example") == Seen{"/", "hub.example"});
  CHECK(seen("GET", "http://hub.example?x=1") == Seen{"/?x=1", "hub.example"});
  CHECK(seen("GET", "ws://[::1]/ws") == Seen{"/ws", "[::1]"});
  CHECK(seen("GET", "/http://x/") == Seen{"/http://x/", "proxy.example"});
  CHECK(seen("OPTIONS", "*") == Seen{"/", "proxy.example"});
  for (const char* target : {"*", "ftp://a/b", "http://", "http:///x", "http://u@a/", "nvrs", "a:80", "://a/"})
    CHECK(refused_with({"GET " + std::string(target) + " HTTP/1.1", "Host: a"}) == 400);
  CHECK(refused_with({"GET http://a/ HTTP/1.1"}) == 400); // a Host is needed all the same
}

TEST_CASE("request head: what is not implemented is refused") {
  const auto with = [](const std::string& line) { return refused_with({"POST / HTTP/1.1", "Host: a", line}); };
  CHECK(with("Transfer-Encoding: Chunked") == 0);
  CHECK(with("Transfer-Encoding: gzip, chunked") == 501);
  for (const char* wrong : {"gzip", "identity", "", "chunked, gzip", "xchunked"})
    CHECK(with("Transfer-Encoding: " + std::string(wrong)) == 400);
  CHECK(refused_with({"POST / HTTP/1.1", "Host: a", "Transfer-Encoding: gzip", "Transfer-Encoding: chunked"}) == 501);
  CHECK(refused_with({"POST / HTTP/1.0", "Transfer-Encoding: chunked"}) == 400);
  CHECK(with("Expect: 100-Continue") == 0);
  CHECK(with("Expect: 200-ok") == 417);
  CHECK(with("Expect:") == 0);
  CHECK(refused_with({"POST / HTTP/1.0", "Expect: 200-ok"}) == 0);
  CHECK(refused_with({"BREW / HTTP/1.1", "Host: a"}) == 501);
  CHECK(refused_with({"get / HTTP/1.1", "Host: a"}) == 501); // methods are case-sensitive
  CHECK(refused_with({"CONNECT a:80 HTTP/1.1", "Host: a"}) == 501);
}

TEST_CASE("request head: 100-continue is found in any case, and ignored in HTTP/1.0") {
  for (const char* value : {"100-continue", "100-Continue", " 100-CONTINUE ", ", 100-continue"})
    CHECK(expects_continue(head_of({"PUT / HTTP/1.1", "Expect: " + std::string(value)})));
  CHECK_FALSE(expects_continue(head_of({"PUT / HTTP/1.0", "Expect: 100-continue"})));
  CHECK_FALSE(expects_continue(head_of({"PUT / HTTP/1.1"})));
}

TEST_CASE("request head: Connection is one list over all its lines") {
  CHECK(wants_keep_alive(head_of({"GET / HTTP/1.1"})));
  CHECK_FALSE(wants_keep_alive(head_of({"GET / HTTP/1.1", "Connection: x", "Connection: y, CLOSE"})));
  CHECK_FALSE(wants_keep_alive(head_of({"GET / HTTP/1.0"})));
  CHECK(wants_keep_alive(head_of({"GET / HTTP/1.0", "Connection: x", "Connection: Keep-Alive"})));
  CHECK_FALSE(wants_keep_alive(head_of({"GET / HTTP/1.0", "Connection: keep-alive", "Connection: close"})));
  CHECK(wants_keep_alive(head_of({"GET / HTTP/1.1", "Proxy-Connection: close"}))); // no header of HTTP
}

TEST_CASE("request head: an upgrade is found over several lines and in any case") {
  CHECK(is_websocket_upgrade(head_of(
      {"GET /ws HTTP/1.1", "Connection: keep-alive", "Connection: UPGRADE", "Upgrade: h2c", "Upgrade: WebSocket"})));
  CHECK_FALSE(is_websocket_upgrade(head_of({"GET /ws HTTP/1.0", "Connection: upgrade", "Upgrade: websocket"})));
  CHECK_FALSE(is_websocket_upgrade(head_of({"POST /ws HTTP/1.1", "Connection: upgrade", "Upgrade: websocket"})));
  CHECK_FALSE(is_websocket_upgrade(head_of({"GET /ws HTTP/1.1", "Connection: upgrade", "Upgrade: h2c"})));
  CHECK_FALSE(is_websocket_upgrade(head_of({"GET /ws HTTP/1.1", "Connection: close", "Upgrade: websocket"})));
}

TEST_CASE("request head: a header's lines are joined") {
  const HttpRequest request = head_of({"GET / HTTP/1.1", "Accept: a;q=0.5", "Accept: b", "X-Forwarded-For: 1, 2"});
  CHECK(joined_header(request, http::field::accept) == "a;q=0.5, b");
  CHECK(header_list(request, "x-forwarded-for") == std::vector<std::string_view>{"1", "2"});
  CHECK(joined_header(request, http::field::expect).empty());
}
