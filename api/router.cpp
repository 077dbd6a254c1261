// The table of routes, and how a request gets to its handler.
#include "api/router.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include <tl/expected.hpp>

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
  // Not empty: the route exists only with this query parameter, which is the last path parameter: for names that URLs
  // cannot contain in a path.
  std::string_view query{};
  std::string_view parameter{};
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
    {"GET", "/api/v1/alerts", Needs::dashboard, get_alerts},
    {"POST", "/api/v1/alerts/{id}/ack", Needs::admin, post_acknowledgement},
    {"GET", "/api/v1/alert-rules", Needs::admin, get_alert_rules},
    {"PUT", "/api/v1/alert-rules", Needs::admin, put_alert_rules},
    {"GET", "/api/v1/maintenance", Needs::dashboard, get_maintenance},
    {"POST", "/api/v1/maintenance", Needs::admin, post_maintenance},
    {"DELETE", "/api/v1/maintenance/{id}", Needs::admin, delete_maintenance},
    {"POST", "/api/v1/admin/drain", Needs::admin, post_drain},
    {"POST", "/api/v1/import", Needs::ingest, post_import},
    {"POST", "/api/v1/admin/backup", Needs::admin, post_backup},
    {"GET", "/api/v1/nvrs/{hostname}", Needs::dashboard, get_nvr},
    {"PUT", "/api/v1/nvrs/{hostname}", Needs::ingest, put_nvr},
    {"DELETE", "/api/v1/nvrs/{hostname}", Needs::ingest, delete_nvr},
    {"DELETE", "/api/v1/nvrs", Needs::ingest, delete_nvr, "hostname", "hostname"},
    {"POST", "/api/v1/nvrs/{hostname}/rename", Needs::ingest, post_rename},
    {"PUT", "/api/v1/nvrs/{hostname}/status", Needs::admin, put_nvr_status},
    {"GET", "/api/v1/nvrs/{hostname}/events", Needs::dashboard, get_events},
    {"GET", "/api/v1/nvrs/{hostname}/availability", Needs::dashboard, get_availability},
    {"DELETE", "/api/v1/nvrs/{hostname}/cameras/{camera}", Needs::ingest, delete_camera},
    {"DELETE", "/api/v1/nvrs/{hostname}/cameras", Needs::ingest, delete_camera, "name", "camera"},
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

/// The path parameters, if the route matches this target.
std::optional<PathParameters> match(const Route& route, const Target& target) {
  PathParameters parameters;
  std::string_view path = route.path;
  if (path == "/") return target.segments.empty() ? std::optional(parameters) : std::nullopt;
  for (const std::string& segment : target.segments) {
    if (path.empty()) return std::nullopt;
    const std::string_view pattern = next_segment(path);
    if (pattern.starts_with('{')) {
      parameters.add(pattern.substr(1, pattern.size() - 2), segment);
    } else if (pattern != segment) {
      return std::nullopt;
    }
  }
  if (!path.empty()) return std::nullopt;
  if (!route.query.empty()) {
    const auto value = target.params.find(route.query);
    if (value == target.params.end()) return std::nullopt;
    parameters.add(route.parameter, value->second);
  }
  return parameters;
}

/// Also admits "." and "..", which no new name may be, but which old stores may hold. What changes something is reached
/// by them only if the client sent them: no client that resolves them does.
bool may_name_something(std::string_view name) {
  return fleet::is_valid_name(name) || name == "." || name == "..";
}

/// Whether an upgrade to a WebSocket is what this path is for; "/" is also the page.
bool is_socket_path(std::string_view path) {
  return path == "/ws" || path == "/nvr" || path == "/ws/dashboard";
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

/// The refusal of a name or parameter of the route; nothing: they are right.
std::optional<Response> wrong_name(const Route& route, const Target& target, const PathParameters& parameters) {
  for (const auto& [name, value] : parameters) {
    if (may_name_something(value)) continue;
    return error_response(400, "bad_request", "a name is 1-200 bytes of UTF-8 without control characters",
                          name == route.parameter ? route.query : name);
  }
  if (!target.repeated_param.empty() && changes_something(route.method)) {
    return error_response(400, "bad_request", "the parameter is given twice: it is unclear which value is meant",
                          target.repeated_param);
  }
  if (route.query.empty()) return std::nullopt;
  for (const auto& [key, value] : target.params) { // ?hostname=A&name=B must not remove all of A
    if (key != route.query)
      return error_response(400, "bad_request", "this call knows no parameter but " + std::string(route.query), key);
  }
  return std::nullopt;
}

struct Call {
  const Route* route = nullptr;
  PathParameters parameters;
};

/// The route of a request, or the answer to a request that no handler sees.
tl::expected<Call, Response> find_call(const Request& request) {
  const std::string path = request.target.path();
  const bool is_options = request.method == "OPTIONS";
  if (request.target.has_empty_segment && changes_something(request.method)) {
    return tl::make_unexpected(error_response(
        404, "not_found",
        "no resource at this path: the path of a call that changes something has no empty segment and no slash at its "
        "end (a client that finds the name . or .. in a URL makes such paths)"));
  }
  std::vector<std::string_view> allowed;
  const std::string_view method = request.method == "HEAD" ? "GET" : std::string_view(request.method);
  for (const Route& route : routes) {
    auto parameters = match(route, request.target);
    if (!parameters) continue;
    if (route.method != method) {
      allowed.push_back(route.method);
      if (route.method == "GET") allowed.emplace_back("HEAD");
      continue;
    }
    auto refused = refusal(route.needs, request.grant);
    if (!refused) refused = wrong_name(route, request.target, *parameters);
    if (!refused) return Call{&route, std::move(*parameters)};
    refused->route = static_cast<std::size_t>(&route - routes) + 1;
    return tl::make_unexpected(std::move(*refused));
  }
  if (is_socket_path(path)) {
    if (method == "GET") return tl::make_unexpected(upgrade_required(path));
    allowed = {"GET"};
  }
  if (allowed.empty()) return tl::make_unexpected(error_response(404, "not_found", "no resource at " + path));
  allowed.emplace_back("OPTIONS");
  std::string allow;
  for (const std::string_view one : allowed)
    allow.append(allow.empty() ? "" : ", ").append(one);
  Response response = is_options
                          ? Response{204, ""}
                          : error_response(405, "method_not_allowed",
                                           request.method + " is not allowed on " + path + "; allowed: " + allow);
  response.allow = allow;
  return tl::make_unexpected(std::move(response));
}

} // namespace

bool changes_something(std::string_view method) {
  return method != "GET" && method != "HEAD" && method != "OPTIONS";
}

std::optional<Response> answer_without_body(const Request& request) {
  auto call = find_call(request);
  return call ? std::nullopt : std::optional(std::move(call.error()));
}

void handle(Context& context, Executor executor, Request request, Respond respond) {
  auto call = find_call(request);
  if (!call) return respond(std::move(call.error()));
  request.path = std::move(call->parameters);
  call->route->handler(context, executor, std::move(request),
                       with_route(static_cast<std::size_t>(call->route - routes) + 1, std::move(respond)));
}

Response upgrade_required(const std::string& path) {
  return error_response(
      426, "upgrade_required",
      path + " is for WebSockets: the request must be an HTTP/1.1 GET with `Connection: Upgrade` and `Upgrade: "
             "websocket`. A proxy in between must pass both on; in nginx: proxy_http_version 1.1; proxy_set_header "
             "Upgrade $http_upgrade; proxy_set_header Connection \"upgrade\";");
}

std::size_t max_body(const Options& options, const Target& target, const access::GrantPtr& grant) {
  const bool imports =
      target.segments == std::vector<std::string>{"api", "v1", "import"} && grant && grant->may(access::Role::ingest);
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
