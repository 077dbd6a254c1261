// Which handler a request reaches, and what decides before it: path, method, role, header.
#include "api/support/api.hpp"

using namespace nvrhub;
using namespace nvrhub::api;
using namespace nvrhub::api::test;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

TEST_CASE("routing: an unknown path is 404, a wrong method is 405 and lists the right ones") {
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

TEST_CASE("routing: a call without a valid token is 401, one with the wrong role is 403") {
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

TEST_CASE("routing: names in a path are decoded and must be valid") {
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

TEST_CASE("routing: the routes are named in metrics by their paths") {
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
                "GET /api/v1/cluster\n"
                "POST /api/v1/cluster/challenge\n"
                "POST /api/v1/cluster/data\n"
                "POST /api/v1/cluster/forward\n"
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

TEST_CASE("routing: only an import by an ingest token may have a large body") {
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

TEST_CASE("routing: a call that changes something accepts no slash too many") {
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

TEST_CASE("routing: . and .. are no names for new NVRs, and those of old stores are removed precisely") {
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

TEST_CASE("routing: a removal by a query parameter needs exactly this parameter and the role") {
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

TEST_CASE("routing: OPTIONS lists the methods without a token") {
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

TEST_CASE("routing: the paths of WebSockets answer other requests with what is missing") {
  Api api;
  for (const char* path : {"/ws", "/nvr", "/ws/dashboard"}) {
    CAPTURE(path);
    const Response answer = api.call_as(nullptr, "GET", path);
    CHECK(answer.status == 426);
    CHECK_THAT(answer.body, Contains("Upgrade: websocket") && Contains("proxy_set_header"));
    CHECK(api.call("POST", path).status == 405);
  }
}

TEST_CASE("routing: what the header decides needs no body") {
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
