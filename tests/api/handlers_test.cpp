// The HTTP handlers on a real store and real actors, without a socket.
#include <chrono>
#include <future>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

#include "actors/support/world.hpp"
#include "api/router.hpp"
#include "api/support/fake_connections.hpp"

using namespace nvrhub;
using namespace nvrhub::api;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

access::GrantPtr grant_of(access::Role role, std::optional<std::vector<std::string>> sites = std::nullopt) {
  return std::make_shared<const access::Grant>(access::Grant{role, "0123abcd", false, std::nullopt, std::move(sites)});
}

/// An API whose fleet is one NVR with two cameras.
class Api {
public:
  explicit Api(Options options = {})
      : context(options, About{"1.2.3", "/nowhere/data.mdb"}, world_.shared, world_.machine().data, connections) {
    context.registry = world_.registry;
    REQUIRE(context.store->record_liveness({.now = world_.machine().wall, .seen = {}})); // as a starting server does
    REQUIRE(call("PUT", "/api/v1/nvrs/NVR-1", R"({"site":"North","cameras":[{"name":"A"},{"name":"B/1 é"}]})").status ==
            201);
  }

  /// `grant`: null for a caller without a valid token.
  Response call_as(const access::GrantPtr& grant, const std::string& method, const std::string& target,
                   const std::string& body = "", const std::string& accept = "") {
    Request request{method, parse_target(target).value(), body};
    request.grant = grant;
    request.accept = accept;
    std::promise<Response> promise;
    auto future = promise.get_future();
    handle(context, io_.get_executor(), std::move(request),
           [&promise](Response response) { promise.set_value(std::move(response)); });
    while (future.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready) {
      world_.run();
      io_.restart();
      io_.poll();
    }
    return future.get();
  }
  Response call(const std::string& method, const std::string& target, const std::string& body = "",
                const std::string& accept = "") {
    return call_as(grant_of(access::Role::admin), method, target, body, accept);
  }

  /// As an older version stored it, whose names were checked less.
  void plant(const std::string& hostname, const std::vector<std::string>& cameras) {
    world_.register_nvr(hostname, cameras);
  }

private:
  actors::test::World world_;
  boost::asio::io_context io_;

public:
  api::test::FakeConnections connections;
  Context context;
};

} // namespace

TEST_CASE("handlers: health") {
  Api api;
  CHECK(api.call_as(nullptr, "GET", "/healthz").body == R"({"status":"ok"})");
  CHECK(api.call_as(nullptr, "GET", "/readyz").body == R"({"status":"ready"})");
  {
    const auto began = std::chrono::steady_clock::now() - std::chrono::seconds(7);
    const store::PendingOperations::Operation hanging(api.context.store->operations(), began);
    const Response response = api.call_as(nullptr, "GET", "/readyz");
    CHECK(response.status == 503);
    CHECK_THAT(response.body, Contains(R"("code":"degraded")") && Contains("the store has not answered for 7 s"));
    CHECK(api.call_as(nullptr, "GET", "/healthz").status == 200);
  }
  CHECK(api.call_as(nullptr, "GET", "/readyz").status == 200);
  api.context.leaving = true;
  const Response draining = api.call_as(nullptr, "GET", "/readyz");
  CHECK(draining.status == 503);
  CHECK(draining.retry_after_s == 1);
  CHECK_THAT(draining.body, Contains(R"("code":"draining")"));
  api.context.draining = true;
  CHECK_THAT(api.call_as(nullptr, "GET", "/readyz").body, Contains(R"("code":"shutting_down")"));
}

TEST_CASE("handlers: the dashboard page needs no token") {
  Api api;
  const Response page = api.call_as(nullptr, "GET", "/");
  CHECK(page.status == 200);
  CHECK(page.content_type == "text/html; charset=utf-8");
  CHECK_THAT(page.security_policy, StartsWith("default-src 'none'"));
  CHECK(api.call_as(nullptr, "GET", "/assets/none.js").status == 404);
}

TEST_CASE("handlers: an unknown path is 404, a wrong method is 405 and lists the right ones") {
  Api api;
  const Response unknown = api.call("GET", "/api/v1/nothing");
  CHECK(unknown.status == 404);
  CHECK(unknown.route == 0);
  CHECK_THAT(unknown.body, Contains("no resource at /api/v1/nothing"));
  const Response wrong = api.call("PATCH", "/api/v1/nvrs/NVR-1");
  CHECK(wrong.status == 405);
  CHECK(wrong.allow == "GET, HEAD, PUT, DELETE, OPTIONS");
  CHECK(api.call("HEAD", "/api/v1/summary").status == 200);
}

TEST_CASE("handlers: a call without a valid token is 401, one with the wrong role is 403") {
  Api api;
  const Response no_token = api.call_as(nullptr, "GET", "/api/v1/summary");
  CHECK(no_token.status == 401);
  CHECK(no_token.authenticate == "Bearer realm=\"nvrhub\"");
  CHECK_THAT(no_token.body, Contains("missing or invalid access token"));
  const auto dashboard = grant_of(access::Role::dashboard);
  CHECK(api.call_as(dashboard, "GET", "/api/v1/summary").status == 200);
  CHECK_THAT(api.call_as(dashboard, "DELETE", "/api/v1/nvrs/NVR-1").body,
             Contains("requires a token of role ingest, operator or admin; this token has role dashboard"));
  CHECK_THAT(api.call_as(dashboard, "POST", "/api/v1/admin/drain").body,
             Contains("requires a token of role admin; this token has role dashboard"));
  const auto north = grant_of(access::Role::dashboard, {{"North"}});
  CHECK(api.call_as(north, "GET", "/api/v1/timeline").status == 403);
  CHECK(api.call_as(north, "GET", "/metrics").status == 403);
}

TEST_CASE("handlers: names in a path are decoded and must be valid") {
  Api api;
  CHECK(api.call("PUT", "/api/v1/nvrs/a%2Fb%20%C3%A9", "{}").status == 201);
  CHECK_THAT(api.call("GET", "/api/v1/nvrs/a%2Fb%20%C3%A9").body, Contains(R"("hostname":"a/b é")"));
  CHECK(api.call("GET", "/api/v1/nvrs/NVR-1/cameras/B%2F1%20%C3%A9/availability").status == 200);
  const Response missing = api.call("GET", "/api/v1/nvrs/NVR-1/cameras/C/availability");
  CHECK(missing.status == 404);
  CHECK_THAT(missing.body, Contains(R"("field":"camera")"));
  const Response invalid = api.call("DELETE", "/api/v1/nvrs/NVR-1/cameras/a%00b");
  CHECK(invalid.status == 400);
  CHECK_THAT(invalid.body, Contains(R"("field":"camera")"));
  CHECK_THAT(api.call("GET", "/api/v1/nvrs/%0A").body, Contains(R"("field":"hostname")"));
}

TEST_CASE("handlers: the current state") {
  Api api;
  CHECK_THAT(api.call("GET", "/api/v1/summary").body, Contains(R"("nvrs":{"online":0,"offline":1)"));
  const Response one = api.call("GET", "/api/v1/nvrs/NVR-1");
  CHECK(one.status == 200);
  CHECK_THAT(one.body, Contains(R"("hostname":"NVR-1")") && Contains(R"("site":"North")"));
  CHECK(api.call("GET", "/api/v1/nvrs/NVR-2").status == 404);
  const auto south = grant_of(access::Role::dashboard, {{"South"}});
  CHECK(api.call_as(south, "GET", "/api/v1/nvrs/NVR-1").status == 404);
  CHECK_THAT(api.call_as(south, "GET", "/api/v1/summary").body, Contains(R"("nvrs":{"online":0,"offline":0)"));
}

TEST_CASE("handlers: a list is read page by page from one snapshot") {
  Api api;
  for (const char* name : {"NVR-2", "NVR-3"})
    REQUIRE(api.call("PUT", std::string("/api/v1/nvrs/") + name, "{}").status == 201);
  const Response first = api.call("GET", "/api/v1/nvrs?limit=2");
  CHECK_THAT(first.body, Contains("NVR-1") && Contains("NVR-2") && !Contains("NVR-3"));
  const std::size_t at = first.body.find(R"("next":")");
  REQUIRE(at != std::string::npos);
  const std::string cursor = first.body.substr(at + 8, first.body.find('"', at + 8) - at - 8);
  REQUIRE(api.call("DELETE", "/api/v1/nvrs/NVR-3").status == 204);
  CHECK_THAT(api.call("GET", "/api/v1/nvrs?limit=2&cursor=" + cursor).body, Contains("NVR-3"));
  CHECK(api.call("GET", "/api/v1/nvrs?cursor=1.1").status == 410);
  CHECK(api.call("GET", "/api/v1/nvrs?cursor=x").status == 400);
  CHECK_THAT(api.call("GET", "/api/v1/nvrs", "", "text/csv").content_type, StartsWith("text/csv"));
}

TEST_CASE("handlers: changes answer when they are durable") {
  Api api;
  const Response changed = api.call("PUT", "/api/v1/nvrs/NVR-1", R"({"site":"South","cameras":[{"name":"A"}]})");
  CHECK(changed.status == 200);
  CHECK_THAT(changed.body, Contains(R"("site":"South")"));
  const Response bad = api.call("PUT", "/api/v1/nvrs/NVR-1", R"({"site":5})");
  CHECK(bad.status == 400);
  CHECK_THAT(bad.body, Contains(R"("field":"site")"));

  CHECK(api.call("PUT", "/api/v1/nvrs/NVR-2", "{}").status == 201);
  CHECK(api.call("POST", "/api/v1/nvrs/NVR-2/rename", R"({"hostname":"NVR-1"})").status == 409);
  CHECK_THAT(api.call("POST", "/api/v1/nvrs/NVR-2/rename", R"({"hostname":"NVR-3"})").body,
             Contains(R"("hostname":"NVR-3")"));
  CHECK(api.call("DELETE", "/api/v1/nvrs/NVR-1/cameras/A").status == 204);
  CHECK(api.call("DELETE", "/api/v1/nvrs/NVR-1/cameras/A").status == 404);
  CHECK(api.call("DELETE", "/api/v1/nvrs/NVR-1").status == 204);
  CHECK(api.call("DELETE", "/api/v1/nvrs/NVR-1").status == 404);
}

TEST_CASE("handlers: statuses are set by hand only with --manual-api") {
  Api strict;
  CHECK_THAT(strict.call("PUT", "/api/v1/nvrs/NVR-1/status", R"({"status":"online"})").body,
             Contains(R"("code":"manual_api_off")"));
  Options options;
  options.manual_api = true;
  Api manual(options);
  CHECK(manual.call("PUT", "/api/v1/nvrs/NVR-1/status", R"({"status":"online"})").status == 200);
  CHECK(manual.call("PUT", "/api/v1/nvrs/NVR-1/status", R"({"status":"broken"})").status == 400);
  CHECK_THAT(manual.call("PUT", "/api/v1/nvrs/NVR-1/cameras/A/status", R"({"status":"broken"})").body,
             Contains(R"("status":"broken")"));
  CHECK(manual.call("PUT", "/api/v1/nvrs/NVR-1/cameras/C/status", R"({"status":"broken"})").status == 404);
}

TEST_CASE("handlers: an import changes line by line and reports the failures") {
  Api api;
  const Response done =
      api.call("POST", "/api/v1/import", "{\"hostname\":\"NVR-1\"}\n\n{\"hostname\":\"NVR-2\"}\nno JSON\n");
  CHECK(done.status == 200);
  CHECK_THAT(done.body, Contains(R"("created":1)") && Contains(R"("updated":1)") && Contains(R"("line":4)"));
}

TEST_CASE("handlers: the past") {
  Api api;
  CHECK_THAT(api.call("GET", "/api/v1/events").body, Contains(R"("hostname":"NVR-1")"));
  CHECK(api.call("GET", "/api/v1/nvrs/NVR-1/events?order=desc").status == 200);
  CHECK(api.call("GET", "/api/v1/nvrs/NVR-1/cameras/A/events").status == 200);
  CHECK(api.call("GET", "/api/v1/nvrs/NVR-2/events").status == 404);
  CHECK_THAT(api.call("GET", "/api/v1/events?order=up").body, Contains(R"("field":"order")"));
  CHECK(api.call("GET", "/api/v1/nvrs/NVR-1/availability?window=7d").status == 200);
  CHECK_THAT(api.call("GET", "/api/v1/nvrs/NVR-1/availability", "", "text/csv").disposition,
             Contains("availability.csv"));
  CHECK_THAT(api.call("GET", "/api/v1/at?time=2001-01-01T00:00:00Z").body, Contains(R"("code":"before_history")"));
  CHECK(api.call("GET", "/api/v1/at").status == 400);
  CHECK(api.call("GET", "/api/v1/timeline").status == 200);
}

TEST_CASE("handlers: metrics come from the store, the actors and the connections") {
  Api api;
  api.connections.numbers = {.connections = 7, .connections_limit = 100, .websockets = 5, .dashboards = 2};
  api.connections.all.local().accepted.add(9);
  api.connections.all.local().routes[1].count(200, 10);
  const Response metrics = api.call("GET", "/metrics");
  CHECK(metrics.status == 200);
  for (const char* line : {"nvrhub_connections{kind=\"nvr\"} 3\n", "nvrhub_connections{kind=\"dashboard\"} 2\n",
                           "nvrhub_connections{kind=\"http\"} 2\n", "nvrhub_connections_limit 100\n",
                           "nvrhub_connections_accepted_total 9\n", "nvrhub_nvrs{status=\"offline\"} 1\n",
                           "nvrhub_http_requests_total{method=\"GET\",route=\"/\",code=\"200\"} 1\n",
                           "nvrhub_build_info{version=\"1.2.3\"} 1\n"})
    CHECK_THAT(metrics.body, Contains(line));
}

TEST_CASE("handlers: the routes are named in metrics by their paths") {
  std::string text;
  for (const RouteName& route : route_names())
    text += route.method + " " + route.path + "\n";
  CHECK(text == "other other\n"
                "GET /\n"
                "GET /assets/{asset}\n"
                "GET /healthz\n"
                "GET /readyz\n"
                "GET /metrics\n"
                "GET /metrics/fleet\n"
                "GET /api/v1/access\n"
                "GET /api/v1/summary\n"
                "GET /api/v1/events\n"
                "GET /api/v1/at\n"
                "GET /api/v1/timeline\n"
                "GET /api/v1/nvrs\n"
                "GET /api/v1/alerts\n"
                "POST /api/v1/alerts/{id}/ack\n"
                "GET /api/v1/alert-rules\n"
                "PUT /api/v1/alert-rules\n"
                "GET /api/v1/maintenance\n"
                "POST /api/v1/maintenance\n"
                "DELETE /api/v1/maintenance/{id}\n"
                "POST /api/v1/admin/drain\n"
                "POST /api/v1/import\n"
                "POST /api/v1/admin/backup\n"
                "GET /api/v1/tokens\n"
                "POST /api/v1/tokens\n"
                "DELETE /api/v1/tokens/{id}\n"
                "GET /api/v1/waiting\n"
                "DELETE /api/v1/waiting/{hostname}\n"
                "GET /api/v1/nvrs/{hostname}\n"
                "PUT /api/v1/nvrs/{hostname}\n"
                "DELETE /api/v1/nvrs/{hostname}\n"
                "DELETE /api/v1/nvrs\n"
                "POST /api/v1/nvrs/{hostname}/rename\n"
                "PUT /api/v1/nvrs/{hostname}/status\n"
                "GET /api/v1/nvrs/{hostname}/events\n"
                "GET /api/v1/nvrs/{hostname}/availability\n"
                "DELETE /api/v1/nvrs/{hostname}/cameras/{camera}\n"
                "DELETE /api/v1/nvrs/{hostname}/cameras\n"
                "PUT /api/v1/nvrs/{hostname}/cameras/{camera}/status\n"
                "GET /api/v1/nvrs/{hostname}/cameras/{camera}/events\n"
                "GET /api/v1/nvrs/{hostname}/cameras/{camera}/availability\n");
}

TEST_CASE("handlers: a drain closes the NVR sockets over the given time") {
  Api api;
  api.connections.all.local().nvr_sessions.add(3);
  CHECK(api.call("POST", "/api/v1/admin/drain?over=3601").status == 400);
  CHECK_FALSE(api.connections.drained_over.has_value());
  const Response draining = api.call("POST", "/api/v1/admin/drain?over=20");
  CHECK(draining.status == 202);
  CHECK(draining.body == R"({"draining":true,"sessions":3,"over_s":20})");
  CHECK(api.connections.drained_over == std::chrono::seconds(20));
  CHECK(api.context.leaving);
}

TEST_CASE("handlers: a server that stops starts no query and no backup") {
  Api api;
  api.context.draining = true;
  CHECK(api.call("GET", "/api/v1/nvrs").status == 503);
  CHECK(api.call("POST", "/api/v1/admin/backup").status == 503);
}

TEST_CASE("handlers: only an import by an ingest token may have a large body") {
  const Options options{.max_body = 10, .max_import = 1'000};
  const auto ingest = grant_of(access::Role::ingest);
  const auto of = [&options](const char* target, const access::GrantPtr& grant) {
    return max_body(options, parse_target(target).value(), grant);
  };
  CHECK(of("/api/v1/import", ingest) == 1'000);
  CHECK(of("/api/v1/import?x=1", ingest) == 1'000);
  CHECK(of("/api/v1/import", nullptr) == 10);
  CHECK(of("/api/v1/import", grant_of(access::Role::dashboard)) == 10);
  CHECK(of("/api/v1/imports", ingest) == 10);
  CHECK(of("/api/v1/nvrs/NVR-1", ingest) == 10);
}

TEST_CASE("handlers: a call that changes something accepts no slash too many") {
  Api api;
  for (const auto& [method, target] : std::vector<std::pair<const char*, const char*>>{
           {"DELETE", "/api/v1/nvrs/NVR-1/"}, // what clients make of /api/v1/nvrs/NVR-1/cameras/..
           {"DELETE", "/api/v1/nvrs/NVR-1//"},
           {"DELETE", "//api/v1/nvrs/NVR-1"},
           {"DELETE", "/api/v1//nvrs/NVR-1"},
           {"DELETE", "/api/v1/nvrs/NVR-1/cameras/A/"},
           {"DELETE", "/api/v1/nvrs/NVR-1/cameras/?name=A"},
           {"DELETE", "/api/v1/nvrs/?hostname=NVR-1"},
           {"PUT", "/api/v1/nvrs/NVR-1/"},
           {"PUT", "/api/v1/nvrs/NVR-2/"},
           {"POST", "/api/v1/nvrs/NVR-1/rename/"},
           {"POST", "/api/v1/import/"},
           {"POST", "/api/v1/admin/drain/"}}) {
    CAPTURE(method, target);
    const Response refused = api.call(method, target, R"({"hostname":"NVR-3"})");
    CHECK(refused.status == 404);
    CHECK_THAT(refused.body, Contains("no slash at its end"));
  }
  CHECK_FALSE(api.context.leaving);
  CHECK_THAT(api.call("GET", "/api/v1/nvrs/NVR-1/").body, Contains(R"("name":"A")")); // reading stays lenient
  CHECK(api.call("GET", "/api/v1/nvrs/NVR-2").status == 404);
}

TEST_CASE("handlers: . and .. are no names for new NVRs, and those of old stores are removed precisely") {
  Api api;
  for (const char* target : {"/api/v1/nvrs/.", "/api/v1/nvrs/%2E%2e"})
    CHECK(api.call("PUT", target, "{}").status == 400);
  for (const char* hostname : {"..", ".", "NVR-1"})
    api.plant(hostname, {".", "..", "B"});
  const auto cameras = [&api] { return api.call("GET", "/api/v1/nvrs/NVR-1").body; };

  CHECK(api.call("DELETE", "/api/v1/nvrs/NVR-1/cameras?name=..").status == 204);
  CHECK(api.call("DELETE", "/api/v1/nvrs/NVR-1/cameras?name=..").status == 404);
  CHECK_THAT(cameras(), Contains(R"("name":".")") && Contains(R"("name":"A")") && !Contains(R"("name":"..")"));
  CHECK(api.call("DELETE", "/api/v1/nvrs/NVR-1/cameras/%2E").status == 204); // from a client that leaves it as it is
  CHECK_THAT(cameras(), Contains(R"("name":"A")") && !Contains(R"("name":".")"));
  CHECK(api.call("DELETE", "/api/v1/nvrs?hostname=%2E%2E").status == 204);
  CHECK(api.call("DELETE", "/api/v1/nvrs?hostname=..").status == 404);
  CHECK(api.call("DELETE", "/api/v1/nvrs?hostname=.").status == 204);
  CHECK_THAT(cameras(), Contains(R"("name":"B")"));
}

TEST_CASE("handlers: a removal by a query parameter needs exactly this parameter and the role") {
  Api api;
  const Response none = api.call("DELETE", "/api/v1/nvrs");
  CHECK(none.status == 405);
  CHECK(none.allow == "GET, HEAD, OPTIONS");
  CHECK(api.call("DELETE", "/api/v1/nvrs?hostname=").status == 400);
  CHECK(api.call("DELETE", "/api/v1/nvrs/NVR-1/cameras").status == 404);
  const Response ambiguous = api.call("DELETE", "/api/v1/nvrs?hostname=NVR-1&name=A");
  CHECK(ambiguous.status == 400);
  CHECK_THAT(ambiguous.body, Contains(R"("field":"name")"));
  CHECK(api.call_as(nullptr, "DELETE", "/api/v1/nvrs?hostname=NVR-1").status == 401);
  CHECK(api.call_as(grant_of(access::Role::dashboard), "DELETE", "/api/v1/nvrs/NVR-1/cameras?name=A").status == 403);
  CHECK(api.call("GET", "/api/v1/nvrs/NVR-1").status == 200);
}

TEST_CASE("handlers: OPTIONS lists the methods without a token") {
  Api api;
  const auto allowed = [&api](const char* target) {
    const Response response = api.call_as(nullptr, "OPTIONS", target);
    CHECK(response.status == (response.allow.empty() ? 404 : 204));
    return response.allow;
  };
  CHECK(allowed("/") == "GET, HEAD, OPTIONS");
  CHECK(allowed("/readyz") == "GET, HEAD, OPTIONS");
  CHECK(allowed("/api/v1/nvrs") == "GET, HEAD, OPTIONS");
  CHECK(allowed("/api/v1/nvrs?hostname=N") == "GET, HEAD, DELETE, OPTIONS");
  CHECK(allowed("/ws") == "GET, OPTIONS");
  CHECK(allowed("/nothing").empty());
}

TEST_CASE("handlers: the paths of WebSockets answer other requests with what is missing") {
  Api api;
  for (const char* path : {"/ws", "/nvr", "/ws/dashboard"}) {
    CAPTURE(path);
    const Response answer = api.call_as(nullptr, "GET", path);
    CHECK(answer.status == 426);
    CHECK_THAT(answer.body, Contains("Upgrade: websocket") && Contains("proxy_set_header"));
    CHECK(api.call("POST", path).status == 405);
  }
}

TEST_CASE("handlers: what the header decides needs no body") {
  const auto answer = [](const char* method, const char* target, const access::GrantPtr& grant) {
    Request request{method, parse_target(target).value(), ""};
    request.grant = grant;
    const auto early = answer_without_body(request);
    return early ? early->status : 0;
  };
  const auto ingest = grant_of(access::Role::ingest);
  CHECK(answer("POST", "/api/v1/import", ingest) == 0);
  CHECK(answer("POST", "/api/v1/import", nullptr) == 401);
  CHECK(answer("POST", "/api/v1/import", grant_of(access::Role::dashboard)) == 403);
  CHECK(answer("POST", "/api/v1/nothing", ingest) == 404);
  CHECK(answer("POST", "/api/v1/nvrs/N", ingest) == 405);
  CHECK(answer("PUT", "/api/v1/nvrs/a%00b", ingest) == 400);
}

TEST_CASE("handlers: metrics of the fleet come in pieces, with the caller's sites only") {
  Api api;
  const auto whole = [&api](const char* target, const access::GrantPtr& grant) {
    Response response = api.call_as(grant, "GET", target);
    REQUIRE(response.status == 200);
    std::string text = response.body;
    while (response.rest) {
      std::promise<std::optional<std::string>> promise;
      response.rest->next([&promise](std::optional<std::string> piece) { promise.set_value(std::move(piece)); });
      const auto piece = promise.get_future().get();
      REQUIRE(piece);
      if (piece->empty()) break;
      text += *piece;
    }
    return text;
  };
  const auto admin = grant_of(access::Role::admin);
  const std::string cameras = whole("/metrics/fleet?detail=camera", admin);
  CHECK_THAT(cameras, StartsWith("# HELP nvrhub_nvr_up "));
  CHECK_THAT(cameras, Contains("nvrhub_nvr_up{site=\"North\",hostname=\"NVR-1\"} 0\n"));
  CHECK_THAT(cameras, Contains("nvrhub_nvr_cameras{site=\"North\",hostname=\"NVR-1\",status=\"offline\"} 2\n"));
  CHECK_THAT(cameras, Contains("nvrhub_camera_up{site=\"North\",hostname=\"NVR-1\",camera=\"B/1 é\"} 0\n"));
  CHECK_THAT(whole("/metrics/fleet", admin), !Contains("nvrhub_camera_up"));
  CHECK_THAT(whole("/metrics/fleet", grant_of(access::Role::dashboard, {{"South"}})), !Contains("NVR-1"));
  CHECK(api.call("GET", "/metrics/fleet?detail=counts").status == 400);
}
