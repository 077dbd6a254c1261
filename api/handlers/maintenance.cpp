// Maintenance windows (alerts.md, "Maintenance").
#include <sys/random.h>

#include <algorithm>
#include <array>
#include <utility>

#include <boost/asio/post.hpp>

#include "actors/alerts/alert_records.hpp"
#include "alerts/zone_files.hpp"
#include "api/handlers.hpp"
#include "api/handlers/alert_changes.hpp"
#include "api/query/query.hpp"
#include "protocol/decode/alerts.hpp"
#include "protocol/encode/alerts.hpp"

namespace nvrhub::api {

namespace {

constexpr std::size_t id_digits = 12;

/// Empty: the kernel gave no random bytes.
std::string make_id() {
  std::array<unsigned char, id_digits> random{};
  std::string id;
  if (::getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size())) return id;
  for (const unsigned char byte : random)
    id.push_back("0123456789abcdef"[byte & 15]);
  return id;
}

auto decode(std::string_view body) {
  return protocol::decode_maintenance(body, [](std::string_view name) { return alerts::load_time_zone(name); });
}

/// Whether the window concerns only sites of the caller. Such a caller sees and plans only these.
bool is_within(const alerts::MaintenanceWindow& window, const access::Grant& grant) {
  if (grant.sees_all()) return true;
  const auto& sites = window.filter.sites;
  return sites && std::all_of(sites->begin(), sites->end(), [&](const std::string& site) { return grant.sees(site); });
}

Response list_windows(Context& context, const Request& request) {
  std::vector<std::string> windows;
  const fleet::WallMillis now = context.shared->now();
  const SnapshotSlice slice(context);
  value_or_throw(slice.snapshot().each_alert(actors::alert_key::windows, [&](std::string_view key, std::string&& json) {
    auto window = decode(json);
    if (!window || !is_within(*window, *request.grant)) return;
    window->id = key.substr(actors::alert_key::windows.size());
    windows.push_back(protocol::encode_maintenance(*window, window->is_active(now)));
  }));
  return {200, protocol::encode_windows(windows)};
}

void plan(Context& context, alerts::MaintenanceWindow window, const Respond& respond) {
  window.id = make_id();
  if (window.id.empty()) return respond(error_response(503, "unavailable", "no random bytes for an id; try again"));
  std::string body = protocol::encode_maintenance(window, window.is_active(context.shared->now()));
  change_alerts(context, actors::PutWindow{std::move(window)}, respond, [body = std::move(body)] {
    return Response{201, body};
  });
}

} // namespace

void get_maintenance(Context& context, Executor, Request request, Respond respond) {
  on_reader(context, std::move(request), std::move(respond), list_windows);
}

void post_maintenance(Context& context, Executor, Request request, Respond respond) {
  if (context.draining) return respond(error_response(503, "shutting_down", "the server is shutting down"));
  // On a reader thread: a time zone is a file.
  boost::asio::post(*context.readers, [&context, request = std::move(request), respond = std::move(respond)] {
    auto window = decode(request.body);
    if (!window) return respond(error_response(400, "bad_request", window.error().message, window.error().field));
    const access::Grant& grant = *request.grant;
    if (!grant.sees_all() && !window->filter.sites) window->filter.sites = *grant.sites;
    if (!is_within(*window, grant))
      return respond(
          error_response(403, "forbidden", "filter.sites names a site that this token may not see", "filter.sites"));
    plan(context, std::move(*window), respond);
  });
}

void delete_maintenance(Context& context, Executor, Request request, Respond respond) {
  change_alerts(context, actors::EndWindow{request.path["id"], request.grant->sites}, std::move(respond), [] {
    return Response{204, ""};
  });
}

} // namespace nvrhub::api
