#include "protocol/encode/cluster.hpp"

#include <string_view>

#include "protocol/encode/encode.hpp"
#include "protocol/json/writer.hpp"

namespace nvrhub::protocol {

namespace {

std::string hex_of(std::uint64_t number) {
  std::string text(16, '0');
  for (std::size_t i = 16; i > 0; number >>= 4)
    text[--i] = "0123456789abcdef"[number & 15];
  return text;
}

void add_optional(Writer& writer, std::string_view key, const std::optional<fleet::WallMillis>& time) {
  writer.key(key);
  time ? writer.value(iso8601(*time)) : writer.null();
}

void add(Writer& writer, const ClusterNode& node) {
  writer.begin_object().field("node", node.node).field("boot", hex_of(node.boot));
  writer.field("address", node.address).field("version", node.version);
  writer.field("state", std::string_view(node.lost ? "lost" : "live")).field("nvrs", node.nvrs);
  writer.field("dashboards", node.dashboards).field("applied", node.applied);
  writer.field("joined", iso8601(node.joined));
  add_optional(writer, "lost", node.lost);
  add_optional(writer, "expires", node.lost ? std::optional(node.expires) : std::nullopt);
  writer.end_object();
}

} // namespace

std::string encode(const ClusterStatus& status) {
  Writer writer(512 + 256 * status.nodes.size());
  writer.begin_object().field("cluster", status.cluster).field("node", status.node);
  writer.key("log").begin_object().field("endpoint", status.endpoint).field("etcd_version", status.etcd_version);
  writer.field("leader", status.has_leader).field("lease", status.has_lease);
  writer.field("head", status.head).field("applied", status.applied).text_or_null("problem", status.problem);
  writer.end_object().key("nodes").begin_array();
  for (const ClusterNode& node : status.nodes)
    add(writer, node);
  return writer.end_array().end_object().take();
}

} // namespace nvrhub::protocol
