// GET /api/v1/cluster: the servers of the cluster (protocol.md, "Cluster").
#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "api/handlers.hpp"
#include "api/query/query.hpp"
#include "protocol/encode/cluster.hpp"

namespace nvrhub::api {

namespace {

/// A text of what the node announced when it joined: a JSON object.
std::string announced(const nlohmann::json& announcement, const char* key) {
  if (!announcement.is_object()) return "";
  const auto found = announcement.find(key);
  return found != announcement.end() && found->is_string() ? found->get<std::string>() : "";
}

protocol::ClusterNode node_of(const store::Origin& origin, const store::OriginState& state) {
  const auto announcement = nlohmann::json::parse(state.announcement, nullptr, false);
  protocol::ClusterNode node;
  node.node = origin.node;
  node.boot = origin.boot;
  node.address = announced(announcement, "address");
  node.version = announced(announcement, "version");
  node.joined = state.joined_at;
  if (state.lost) {
    node.lost = state.lost_at;
    node.expires = state.lost_at + static_cast<fleet::WallMillis>(state.grace_ms);
  }
  return node;
}

Response read_cluster(Context& context, const Request&) {
  protocol::ClusterStatus status = context.cluster();
  const SnapshotSlice slice(context);
  const store::Snapshot& snapshot = slice.snapshot();
  status.applied = value_or_throw(snapshot.applied()).position;
  status.head = std::max(status.head, status.applied);
  const auto peers = context.shared->peers.all();
  std::map<store::OriginNumber, std::uint64_t> held;
  value_or_throw(snapshot.each_held([&](fleet::NvrId, store::OriginNumber holder) { ++held[holder]; }));
  value_or_throw(snapshot.each_origin([&](const store::Origin& origin, const store::OriginState& state) {
    if (!state.joined) return;
    status.nodes.push_back(node_of(origin, state));
    protocol::ClusterNode& node = status.nodes.back();
    node.nvrs = held[state.number];
    const auto peer = peers.find(origin);
    if (peer == peers.end()) return;
    node.dashboards = peer->second.dashboards;
    node.applied = peer->second.applied;
  }));
  return {200, protocol::encode(status)};
}

} // namespace

void get_cluster(Context& context, Executor, Request request, Respond respond) {
  if (!context.cluster) {
    return respond(error_response(404, "not_found", "this is a single server: it was started without --cluster"));
  }
  on_reader(context, std::move(request), std::move(respond), read_cluster);
}

} // namespace nvrhub::api
