// The table of routes, and how a request gets to its handler.
#include "api/router.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "api/handlers.hpp"
#include "fleet/names.hpp"
#include "protocol/encode/encode.hpp"

namespace nvrhub::api {

namespace {

/// The role that a route requires (protocol.md, "Access control"). Admin may call all.
enum class Needs : std::uint8_t {
  nothing,
  dashboard,
  fleet_wide, // dashboard without a limit to some sites
  ingest,
  admin,
};

struct Route {
  std::string_view method;
  std::string_view path; // {name} matches one segment that must be a valid name
  Needs needs;
  Handler handler;
};

constexpr Route routes[] = {
    {"GET", "/", Needs::nothing, get_page},
    {"GET", "/assets/{asset}", Needs::nothing, get_page},
    {"GET", "/healthz", Needs::nothing, get_healthz},
    {"GET", "/readyz", Needs::nothing, get_readyz},
    {"GET", "/metrics", Needs::fleet_wide, get_metrics},
    {"GET", "/api/v1/summary", Needs::dashboard, get_summary},
    {"GET", "/api/v1/events", Needs::dashboard, get_events},
    {"GET", "/api/v1/at", Needs::dashboard, get_at},
    {"GET", "/api/v1/timeline", Needs::fleet_wide, get_timeline},
    {"GET", "/api/v1/nvrs", Needs::dashboard, get_nvrs},
    {"POST", "/api/v1/admin/drain", Needs::admin, post_drain},
    {"POST", "/api/v1/import", Needs::ingest, post_import},
    {"POST", "/api/v1/admin/backup", Needs::admin, post_backup},
    {"GET", "/api/v1/nvrs/{hostname}", Needs::dashboard, get_nvr},
    {"PUT", "/api/v1/nvrs/{hostname}", Needs::ingest, put_nvr},
    {"DELETE", "/api/v1/nvrs/{hostname}", Needs::ingest, delete_nvr},
    {"POST", "/api/v1/nvrs/{hostname}/rename", Needs::ingest, post_rename},
    {"PUT", "/api/v1/nvrs/{hostname}/status", Needs::admin, put_nvr_status},
    {"GET", "/api/v1/nvrs/{hostname}/events", Needs::dashboard, get_events},
    {"GET", "/api/v1/nvrs/{hostname}/availability", Needs::dashboard, get_availability},
    {"DELETE", "/api/v1/nvrs/{hostname}/cameras/{camera}", Needs::ingest, delete_camera},
    {"PUT", "/api/v1/nvrs/{hostname}/cameras/{camera}/status", Needs::admin, put_camera_status},
    {"GET", "/api/v1/nvrs/{hostname}/cameras/{camera}/events", Needs::dashboard, get_events},
    {"GET", "/api/v1/nvrs/{hostname}/cameras/{camera}/availability", Needs::dashboard, get_availability},
};
static_assert(std::size(routes) < metrics::max_routes);

/// Takes the next segment off the front of `path`, which begins with "/".
std::string_view next_segment(std::string_view& path) {
  path.remove_prefix(1);
  const std::string_view segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size());
  return segment;
}

/// The path parameters, if the route's path matches these segments.
std::optional<PathParameters> match(std::string_view path, const std::vector<std::string>& segments) {
  PathParameters parameters;
  if (path == "/") return segments.empty() ? std::optional(parameters) : std::nullopt;
  for (const std::string& segment : segments) {
    if (path.empty()) return std::nullopt;
    const std::string_view pattern = next_segment(path);
    if (pattern.starts_with('{')) {
      parameters.add(pattern.substr(1, pattern.size() - 2), segment);
    } else if (pattern != segment) {
      return std::nullopt;
    }
  }
  return path.empty() ? std::optional(std::move(parameters)) : std::nullopt;
}

access::Role role_for(Needs needs) {
  return needs == Needs::admin    ? access::Role::admin
         : needs == Needs::ingest ? access::Role::ingest
                                  : access::Role::dashboard;
}

/// The refusal of a caller that may not use the route; nothing: it may.
std::optional<Response> refusal(Needs needs, const access::GrantPtr& grant) {
  if (needs == Needs::nothing) return std::nullopt;
  if (!grant) {
    Response response = error_response(
        401, "unauthorized", "missing or invalid access token: send `Authorization: Bearer TOKEN` or ?token=TOKEN");
    response.authenticate = "Bearer realm=\"nvrhub\"";
    return response;
  }
  const access::Role role = role_for(needs);
  if (!grant->may(role)) {
    return error_response(403, "forbidden",
                          "this call requires a token of role " + std::string(to_string(role)) +
                              (role == access::Role::admin ? "" : " or admin") + "; this token has role " +
                              std::string(to_string(grant->role)));
  }
  if (needs == Needs::fleet_wide && !grant->sees_all()) {
    return error_response(403, "forbidden", "this call covers the whole fleet; this token is limited to some sites");
  }
  return std::nullopt;
}

/// Notes in the response which route it came from.
Respond with_route(std::size_t route, Respond respond) {
  return [route, respond = std::move(respond)](Response response) {
    response.route = route;
    respond(std::move(response));
  };
}

} // namespace

void handle(Context& context, Executor executor, Request request, Respond respond) {
  std::string allow;
  const std::string method = request.method == "HEAD" ? "GET" : request.method;
  for (const Route& route : routes) {
    auto parameters = match(route.path, request.target.segments);
    if (!parameters) continue;
    if (route.method != method) {
      allow += (allow.empty() ? "" : ", ") + std::string(route.method);
      continue;
    }
    respond = with_route(static_cast<std::size_t>(&route - routes) + 1, std::move(respond));
    if (auto refused = refusal(route.needs, request.grant)) return respond(std::move(*refused));
    for (const auto& [name, value] : *parameters) {
      if (!fleet::is_valid_name(value)) {
        return respond(
            error_response(400, "bad_request", "a name is 1-200 bytes of UTF-8 without control characters", name));
      }
    }
    request.path = std::move(*parameters);
    return route.handler(context, executor, std::move(request), std::move(respond));
  }
  const std::string path = request.target.path();
  if (allow.empty()) return respond(error_response(404, "not_found", "no resource at " + path));
  Response response =
      error_response(405, "method_not_allowed", request.method + " is not allowed on " + path + "; allowed: " + allow);
  response.allow = allow;
  respond(std::move(response));
}

std::size_t max_body(const Options& options, std::string_view target, const access::GrantPtr& grant) {
  const bool imports = target.starts_with("/api/v1/import") && grant && grant->may(access::Role::ingest);
  return imports ? options.max_import : options.max_body;
}

std::vector<RouteName> route_names() {
  std::vector<RouteName> names{{"other", "other"}};
  for (const Route& route : routes)
    names.push_back({std::string(route.method), std::string(route.path)});
  return names;
}

Response error_response(int status, std::string_view code, std::string_view message, std::string_view field) {
  Response response{status, protocol::encode_http_error(code, message, field)};
  if (status == 503) response.retry_after_s = 1;
  return response;
}

} // namespace nvrhub::api
