#include "net/http/origin_policy.hpp"

#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

using namespace nvrhub::net;
using Catch::Matchers::Contains;
namespace http = boost::beast::http;

namespace {

constexpr bool anonymous = true;
constexpr bool with_tokens = false;

HttpRequest request(http::verb method, const std::string& host, const std::string& origin = "") {
  HttpRequest made(method, "/", 11);
  made.set(http::field::host, host);
  if (!origin.empty()) made.set(http::field::origin, origin);
  return made;
}

HttpRequest upgrade(const std::string& host, const std::string& origin) {
  HttpRequest made = request(http::verb::get, host, origin);
  made.set(http::field::connection, "Upgrade");
  made.set(http::field::upgrade, "websocket");
  return made;
}

bool is_accepted(const HttpRequest& request, const OriginOptions& options = {}, bool is_anonymous = with_tokens,
                 bool is_tls = false) {
  return !check_origin_and_host(request, options, is_anonymous, is_tls).has_value();
}

} // namespace

TEST_CASE("origin policy: a request without an origin is accepted", "[origin]") {
  CHECK(is_accepted(request(http::verb::put, "hub.example")));
  CHECK(is_accepted(upgrade("hub.example", "")));
}

TEST_CASE("origin policy: the server's own pages may change something and open WebSockets", "[origin]") {
  const std::vector<std::pair<std::string, std::string>> pairs{{"http://hub.example:8080", "hub.example:8080"},
                                                               {"http://Hub.Example", "hub.example:80"},
                                                               {"http://hub.example:80", "HUB.example"},
                                                               {"https://hub.example", "hub.example:443"},
                                                               {"https://hub.example", "hub.example"}, // behind a proxy
                                                               {"http://[::1]:8080", "[::1]:8080"}};
  for (const auto& [origin, host] : pairs) {
    INFO(origin << " " << host);
    CHECK(is_accepted(request(http::verb::put, host, origin)));
    CHECK(is_accepted(upgrade(host, origin)));
  }
}

TEST_CASE("origin policy: pages of other origins may only read", "[origin]") {
  for (const char* origin :
       {"http://evil.example", "http://hub.example:81", "https://hub.example:444", "null", "hub.example"}) {
    CAPTURE(origin);
    for (const auto method : {http::verb::put, http::verb::post, http::verb::delete_})
      CHECK_FALSE(is_accepted(request(method, "hub.example", origin)));
    CHECK_FALSE(is_accepted(upgrade("hub.example", origin)));
    for (const auto method : {http::verb::get, http::verb::head, http::verb::options})
      CHECK(is_accepted(request(method, "hub.example", origin)));
  }
}

TEST_CASE("origin policy: an allowed origin is accepted, whatever its case", "[origin]") {
  const OriginOptions options{{"https://wall.example"}};
  CHECK(is_accepted(upgrade("hub.example", "https://Wall.Example"), options));
  CHECK_FALSE(is_accepted(upgrade("hub.example", "http://wall.example"), options));
}

TEST_CASE("origin policy: origins are compared as browsers write them") {
  for (const auto& [text, normalized] :
       std::vector<std::pair<std::string, std::string>>{{"HTTPS://Wall.Example", "https://wall.example"},
                                                        {"https://wall.example:443", "https://wall.example"},
                                                        {"http://wall.example:80", "http://wall.example"},
                                                        {"http://wall.example:443", "http://wall.example:443"},
                                                        {"http://[::1]:8080", "http://[::1]:8080"},
                                                        {"http://127.0.0.1.example", "http://127.0.0.1.example"},
                                                        {"http://10.0.0.7:80", "http://10.0.0.7"},
                                                        {"capacitor://localhost", "capacitor://localhost"},
                                                        {"chrome-extension://abcdef", "chrome-extension://abcdef"},
                                                        {"null", "null"},
                                                        {"FILE://", "file://"}}) {
    CAPTURE(text);
    CHECK(normalized_origin(text) == normalized);
  }
  for (const char* text : {"", "*", "wall.example", "https://", "https://wall.example/", "https://wall.example/x",
                           "https://a@wall.example", "https://wall example", "https://wall.example:x",
                           "https://wall.example:0", "https://wall.example:65536", "http://127.0.0.1.example:x", "://x",
                           "https://b\xC3\xBCro.example", "file:///", "https://wall.example?x", "http://[::1"}) {
    CAPTURE(text);
    CHECK_FALSE(normalized_origin(text).has_value());
  }
}

TEST_CASE("origin policy: local files and sandboxed frames may be allowed only while a token is needed") {
  for (const char* origin : {"null", "file://"}) {
    CAPTURE(origin);
    const OriginOptions options{{origin}};
    CHECK(is_accepted(upgrade("127.0.0.1", origin), options, with_tokens));
    CHECK_FALSE(is_accepted(upgrade("127.0.0.1", origin), options, anonymous));
    CHECK_FALSE(is_accepted(upgrade("127.0.0.1", origin), {{"https://wall.example"}}, with_tokens));
    CHECK(allowed_origin(upgrade("127.0.0.1", origin), options, false) == origin);
    CHECK_THAT(origin_refusal(origin, true),
               Contains("--allow-origin " + std::string(origin)) && Contains("token add"));
  }
}

TEST_CASE("origin policy: the refusal names the origin and the flag that allows it", "[origin]") {
  const auto why = check_origin_and_host(upgrade("hub.example", "http://a.example"), {}, with_tokens, false);
  REQUIRE(why.has_value());
  CHECK_THAT(*why, Contains("--allow-origin http://a.example"));
}

TEST_CASE("origin policy: while access is anonymous, browsers must use a local name", "[origin]") {
  for (const char* host : {"localhost", "LocalHost:8080", "127.0.0.1:8080", "10.1.2.3", "[::1]:8080", "[fe80::1]"}) {
    CAPTURE(host);
    CHECK(is_accepted(request(http::verb::get, host, "http://" + std::string(host)), {}, anonymous));
  }
  const HttpRequest rebound = request(http::verb::get, "rebound.example:8080", "http://rebound.example:8080");
  CHECK_FALSE(is_accepted(rebound, {}, anonymous));
  CHECK(is_accepted(rebound, {}, with_tokens));
  CHECK(is_accepted(rebound, {{}, false}, anonymous)); // --allow-anonymous
  CHECK(is_accepted(rebound, {{"http://rebound.example:8080"}}, anonymous));
  CHECK_FALSE(is_accepted(rebound, {{"http://rebound.example:8080"}}, anonymous, true)); // https is another origin
}

TEST_CASE("origin policy: a browser is recognised by its user agent, too", "[origin]") {
  HttpRequest navigation = request(http::verb::get, "hub.example");
  CHECK(is_accepted(navigation, {}, anonymous));
  navigation.set(http::field::user_agent, "Mozilla/5.0 (X11; Linux x86_64)");
  CHECK_FALSE(is_accepted(navigation, {}, anonymous));
}
