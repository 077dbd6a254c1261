// Which request goes where.
#include "net/api.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <utility>

#include "fleet/names.hpp"
#include "net/page.hpp"
#include "protocol/encode.hpp"

namespace nvrhub::net {

namespace {

void get_healthz(Services&, IoThread&, ApiRequest, Respond respond) {
  respond({200, R"({"status":"ok"})"});
}

void get_readyz(Services& services, IoThread&, ApiRequest, Respond respond) {
  if (services.draining) return respond(api_error(503, "shutting_down", "the server is shutting down"));
  if (services.leaving) return respond(api_error(503, "draining", "NVRs are sent away: this server is about to stop"));
  if (services.shared->degraded) {
    return respond(api_error(503, "degraded", "commits to the data directory fail; see the log"));
  }
  respond({200, R"({"status":"ready"})"});
}

/// Who may call.
enum class Needs : std::uint8_t {
  nothing,
  dashboard,
  fleet_wide, // dashboard, and not one that may see some sites alone
  ingest,
  admin,
};

struct Route {
  std::string_view method;
  std::array<std::string_view, 8> pattern; // "*" matches one segment that must be a valid name; "" is behind the end
  Needs needs;
  Handler handler;

  constexpr std::size_t size() const {
    return static_cast<std::size_t>(std::find(pattern.begin(), pattern.end(), "") - pattern.begin());
  }
};

constexpr Route routes[] = {
    {"GET", {}, Needs::nothing, get_page},
    {"GET", {"assets", "*"}, Needs::nothing, get_page},
    {"GET", {"healthz"}, Needs::nothing, get_healthz},
    {"GET", {"readyz"}, Needs::nothing, get_readyz},
    {"GET", {"metrics"}, Needs::fleet_wide, get_metrics},
    {"GET", {"api", "v1", "summary"}, Needs::dashboard, get_summary},
    {"GET", {"api", "v1", "events"}, Needs::dashboard, get_events},
    {"GET", {"api", "v1", "at"}, Needs::dashboard, get_at},
    {"GET", {"api", "v1", "timeline"}, Needs::fleet_wide, get_timeline},
    {"GET", {"api", "v1", "nvrs"}, Needs::dashboard, get_nvrs},
    {"POST", {"api", "v1", "admin", "drain"}, Needs::admin, post_drain},
    {"POST", {"api", "v1", "import"}, Needs::ingest, post_import},
    {"POST", {"api", "v1", "admin", "backup"}, Needs::admin, post_backup},
    {"GET", {"api", "v1", "nvrs", "*"}, Needs::dashboard, get_nvr},
    {"PUT", {"api", "v1", "nvrs", "*"}, Needs::ingest, put_nvr},
    {"DELETE", {"api", "v1", "nvrs", "*"}, Needs::ingest, delete_nvr},
    {"POST", {"api", "v1", "nvrs", "*", "rename"}, Needs::ingest, post_rename},
    {"PUT", {"api", "v1", "nvrs", "*", "status"}, Needs::admin, put_nvr_status},
    {"GET", {"api", "v1", "nvrs", "*", "events"}, Needs::dashboard, get_events},
    {"GET", {"api", "v1", "nvrs", "*", "availability"}, Needs::dashboard, get_availability},
    {"DELETE", {"api", "v1", "nvrs", "*", "cameras", "*"}, Needs::ingest, delete_camera},
    {"PUT", {"api", "v1", "nvrs", "*", "cameras", "*", "status"}, Needs::admin, put_camera_status},
    {"GET", {"api", "v1", "nvrs", "*", "cameras", "*", "events"}, Needs::dashboard, get_events},
    {"GET", {"api", "v1", "nvrs", "*", "cameras", "*", "availability"}, Needs::dashboard, get_availability},
};
static_assert(std::size(routes) < max_routes);

/// What a "*" stands for.
constexpr std::string_view parameter(std::size_t segment) {
  return segment == 1 ? "asset" : segment == 3 ? "hostname" : "camera";
}

bool matches(const Route& route, const std::vector<std::string>& segments) {
  if (route.size() != segments.size()) return false;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    if (route.pattern[i] != "*" && route.pattern[i] != segments[i]) return false;
  }
  return true;
}

/// The answer to whoever may not call; nothing: it may.
std::optional<ApiResponse> refusal(Needs needs, const access::GrantPtr& grant) {
  if (needs == Needs::nothing) return std::nullopt;
  if (!grant) {
    ApiResponse response = api_error(401, "unauthorized",
                                     "a token is needed that is known here: Authorization: Bearer ..., or ?token=...");
    response.authenticate = "Bearer realm=\"nvrhub\"";
    return response;
  }
  const access::Role role = needs == Needs::admin    ? access::Role::admin
                            : needs == Needs::ingest ? access::Role::ingest
                                                     : access::Role::dashboard;
  if (!grant->may(role)) {
    return api_error(403, "forbidden",
                     "this takes a token of role " + std::string(to_string(role)) + " or admin; yours is " +
                         std::string(to_string(grant->role)));
  }
  if (needs == Needs::fleet_wide && !grant->sees_all()) {
    return api_error(403, "forbidden", "this counts the whole fleet, and your token is for some sites");
  }
  return std::nullopt;
}

/// Says which route gave the answer: its place in Counters::routes.
Respond routed(std::size_t route, Respond respond) {
  return [route, respond = std::move(respond)](ApiResponse answer) {
    answer.route = route;
    respond(std::move(answer));
  };
}

} // namespace

std::vector<RouteName> route_names() {
  std::vector<RouteName> names{{"other", "other"}};
  for (const Route& route : routes) {
    std::string path(route.size() == 0 ? "/" : "");
    for (std::size_t i = 0; i < route.size(); ++i) {
      const bool is_name = route.pattern[i] == "*";
      path += is_name ? "/{" : "/";
      path += is_name ? parameter(i) : route.pattern[i];
      path += is_name ? "}" : "";
    }
    names.push_back({std::string(route.method), std::move(path)});
  }
  return names;
}

ApiResponse api_error(int status, std::string_view code, std::string_view message, std::string_view field) {
  ApiResponse response{status, protocol::encode_http_error(code, message, field)};
  if (status == 503) response.retry_after_s = 1;
  return response;
}

std::string encode_live(const Services& services, fleet::Nvr nvr) {
  const actors::Presence& presence = services.shared->presence;
  nvr.last_seen = std::max(nvr.last_seen, presence.last_seen(nvr.id));
  return protocol::encode_nvr(nvr, nvr.online && presence.unconfirmed(nvr.id));
}

std::size_t max_body(const Services& services, std::string_view target, const access::GrantPtr& grant) {
  const bool imports = target.starts_with("/api/v1/import") && grant && grant->may(access::Role::ingest);
  return imports ? services.options.max_import : services.options.max_body;
}

void handle_api(Services& services, IoThread& thread, ApiRequest request, Respond respond) {
  std::string allow;
  const std::string method = request.method == "HEAD" ? "GET" : request.method;
  for (const Route& route : routes) {
    if (!matches(route, request.target.segments)) continue;
    if (route.method != method) {
      allow += (allow.empty() ? "" : ", ") + std::string(route.method);
      continue;
    }
    respond = routed(static_cast<std::size_t>(&route - routes) + 1, std::move(respond));
    if (auto refused = refusal(route.needs, request.grant)) return respond(std::move(*refused));
    for (std::size_t i = 0; i < route.size(); ++i) {
      if (route.pattern[i] == "*" && !fleet::is_valid_name(request.target.segments[i])) {
        return respond(
            api_error(400, "bad_request", "a name is 1-200 bytes of UTF-8 without control characters", parameter(i)));
      }
    }
    return route.handler(services, thread, std::move(request), std::move(respond));
  }
  if (allow.empty()) {
    return respond(api_error(404, "not_found", "there is nothing at " + request.target.path()));
  }
  ApiResponse response = api_error(405, "method_not_allowed",
                                   request.method + " is not for " + request.target.path() + "; it takes " + allow);
  response.allow = allow;
  respond(std::move(response));
}

} // namespace nvrhub::net
