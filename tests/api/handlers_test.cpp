// The HTTP handlers on a real store and real actors, without a socket.
#include "api/support/api.hpp"

using namespace nvrhub;
using namespace nvrhub::api;
using namespace nvrhub::api::test;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

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
