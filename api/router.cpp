// The table of routes, and how a request gets to its handler.
#include "api/router.hpp"

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <utility>

#include <tl/expected.hpp>

#include "api/handlers.hpp"
#include "api/handlers/forward.hpp"
#include "fleet/names.hpp"
#include "protocol/encode/encode.hpp"

namespace nvrhub::api {

namespace {

/// What a route requires of its caller (protocol.md, "Access control").
struct Requirement {
  enum class Token : std::uint8_t { none, any, permission };
  Token token = Token::permission;
  access::Permission permission = access::Permission::administer;
  bool whole_fleet = false; // refused to a caller that is limited to some sites
};

namespace needs {
constexpr Requirement nothing{Requirement::Token::none};
constexpr Requirement any_token{Requirement::Token::any};
constexpr Requirement read{.permission = access::Permission::read};
constexpr Requirement read_fleet{.permission = access::Permission::read, .whole_fleet = true};
constexpr Requirement change{.permission = access::Permission::change};
constexpr Requirement operate{.permission = access::Permission::operate};
constexpr Requirement operate_fleet{.permission = access::Permission::operate, .whole_fleet = true};
constexpr Requirement administer{.permission = access::Permission::administer};
} // namespace needs

struct Route {
  std::string_view method;
  std::string_view path; // {name} matches one segment that must be a valid name
  Requirement requirement;
  Handler handler;
  // Not empty: the route exists only with this query parameter, which is the last path parameter: for names that URLs
  // cannot contain in a path.
  std::string_view query{};
  std::string_view parameter{};
  bool changes_alerts = false; // in a cluster only one server can do that
};

constexpr Route changing_alerts(Route route) {
  route.changes_alerts = true;
  return route;
}

constexpr Route routes[] = {
    {"GET", "/", needs::nothing, get_page},
    {"GET", "/assets/{asset}", needs::nothing, get_page},
    {"GET", "/healthz", needs::nothing, get_healthz},
    {"GET", "/readyz", needs::nothing, get_readyz},
    {"GET", "/metrics", needs::read_fleet, get_metrics},
    {"GET", "/metrics/fleet", needs::read, get_fleet_metrics},
    {"GET", "/api/v1/access", needs::any_token, get_access},
    {"GET", "/api/v1/cluster", needs::read_fleet, get_cluster},
    {"POST", "/api/v1/cluster/challenge", needs::nothing, post_challenge},
    {"POST", "/api/v1/cluster/data", needs::nothing, post_cluster_data},       // needs the cluster's secret
    {"POST", "/api/v1/cluster/forward", needs::nothing, post_cluster_forward}, // the same
    {"GET", "/api/v1/summary", needs::read, get_summary},
    {"GET", "/api/v1/events", needs::read, get_events},
    {"GET", "/api/v1/at", needs::read, get_at},
    {"GET", "/api/v1/timeline", needs::read_fleet, get_timeline},
    {"GET", "/api/v1/nvrs", needs::read, get_nvrs},
    {"GET", "/api/v1/alerts", needs::read, get_alerts},
    changing_alerts({"POST", "/api/v1/alerts/{id}/ack", needs::operate, post_acknowledgement}),
    {"GET", "/api/v1/alert-rules", needs::administer, get_alert_rules},
    changing_alerts({"PUT", "/api/v1/alert-rules", needs::administer, put_alert_rules}),
    {"GET", "/api/v1/maintenance", needs::read, get_maintenance},
    changing_alerts({"POST", "/api/v1/maintenance", needs::operate, post_maintenance}),
    changing_alerts({"DELETE", "/api/v1/maintenance/{id}", needs::operate, delete_maintenance}),
    {"POST", "/api/v1/admin/drain", needs::administer, post_drain},
    {"POST", "/api/v1/import", needs::change, post_import},
    {"POST", "/api/v1/admin/backup", needs::administer, post_backup},
    {"GET", "/api/v1/tokens", needs::administer, get_tokens},
    {"POST", "/api/v1/tokens", needs::administer, post_token},
    {"DELETE", "/api/v1/tokens/{id}", needs::administer, delete_token},
    {"GET", "/api/v1/waiting", needs::operate_fleet, get_waiting},
    {"DELETE", "/api/v1/waiting/{hostname}", needs::operate_fleet, delete_waiting},
    {"GET", "/api/v1/nvrs/{hostname}", needs::read, get_nvr},
    {"PUT", "/api/v1/nvrs/{hostname}", needs::change, put_nvr},
    {"DELETE", "/api/v1/nvrs/{hostname}", needs::change, delete_nvr},
    {"DELETE", "/api/v1/nvrs", needs::change, delete_nvr, "hostname", "hostname"},
    {"POST", "/api/v1/nvrs/{hostname}/rename", needs::change, post_rename},
    {"PUT", "/api/v1/nvrs/{hostname}/status", needs::operate, put_nvr_status},
    {"GET", "/api/v1/nvrs/{hostname}/events", needs::read, get_events},
    {"GET", "/api/v1/nvrs/{hostname}/availability", needs::read, get_availability},
    {"DELETE", "/api/v1/nvrs/{hostname}/cameras/{camera}", needs::change, delete_camera},
    {"DELETE", "/api/v1/nvrs/{hostname}/cameras", needs::change, delete_camera, "name", "camera"},
    {"PUT", "/api/v1/nvrs/{hostname}/cameras/{camera}/status", needs::operate, put_camera_status},
    {"GET", "/api/v1/nvrs/{hostname}/cameras/{camera}/events", needs::read, get_events},
    {"GET", "/api/v1/nvrs/{hostname}/cameras/{camera}/availability", needs::read, get_availability},
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

/// The refusal of a caller that may not use the route; nothing: it may.
std::optional<Response> refusal(const Requirement& requirement, const access::GrantPtr& grant) {
  if (requirement.token == Requirement::Token::none) return std::nullopt;
  if (!grant) {
    Response response = error_response(
        401, "unauthorized", "missing or invalid access token: send `Authorization: Bearer TOKEN` or ?token=TOKEN");
    response.authenticate = "Bearer realm=\"nvrhub\"";
    return response;
  }
  if (requirement.token == Requirement::Token::any) return std::nullopt;
  if (!grant->may(requirement.permission)) {
    return error_response(403, "forbidden",
                          "this call requires a token of role " + roles_with(requirement.permission) +
                              "; this token has role " + std::string(to_string(grant->role)));
  }
  if (requirement.whole_fleet && !grant->sees_all()) {
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
    auto refused = refusal(route.requirement, request.grant);
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
  Respond answer = with_route(static_cast<std::size_t>(call->route - routes) + 1, std::move(respond));
  if (call->route->changes_alerts) {
    return call_where_alerts_are(context, executor, std::move(request), std::move(answer), call->route->handler);
  }
  call->route->handler(context, executor, std::move(request), std::move(answer));
}

void handle_forwarded(Context& context, Executor executor, Request request, Respond respond) {
  auto call = find_call(request);
  if (!call) return respond(std::move(call.error()));
  if (!call->route->changes_alerts) {
    return respond(error_response(403, "forbidden", "servers forward no such call to one another"));
  }
  request.path = std::move(call->parameters);
  call->route->handler(context, executor, std::move(request), std::move(respond));
}

Response upgrade_required(const std::string& path) {
  return error_response(
      426, "upgrade_required",
      path + " is for WebSockets: the request must be an HTTP/1.1 GET with `Connection: Upgrade` and `Upgrade: "
             "websocket`. A proxy in between must pass both on; in nginx: proxy_http_version 1.1; proxy_set_header "
             "Upgrade $http_upgrade; proxy_set_header Connection \"upgrade\";");
}

std::size_t max_body(const Options& options, const Target& target, const access::GrantPtr& grant) {
  constexpr std::size_t max_peer_call = 4'096; // no token is asked for
  const auto is_at = [&](std::initializer_list<std::string_view> path) {
    return std::equal(path.begin(), path.end(), target.segments.begin(), target.segments.end());
  };
  if (is_at({"api", "v1", "cluster", "challenge"}) || is_at({"api", "v1", "cluster", "data"})) return max_peer_call;
  // The body of another call, as a text in a text of JSON.
  if (is_at({"api", "v1", "cluster", "forward"})) return options.has_peers ? 4 * options.max_body : max_peer_call;
  const bool imports = is_at({"api", "v1", "import"}) && grant && grant->may(access::Permission::change);
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
