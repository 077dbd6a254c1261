// The cluster: its etcd, the other servers, and whether the data directory belongs to it.
#include "app/doctor/context.hpp"

#include <chrono>
#include <string>

#include "cluster/announcement.hpp"
#include "cluster/overview.hpp"
#include "cluster/peer_client.hpp"
#include "store/directory/directory.hpp"

namespace nvrhub::app {

namespace {

constexpr const char* check_name = "cluster";
constexpr std::chrono::seconds etcd_limit{5};
constexpr std::chrono::seconds peer_answer_limit{3};

void check_etcd(const log::Health& etcd, std::chrono::milliseconds took, Findings& findings) {
  if (!etcd.problem.empty())
    findings.push_back(warn(check_name, "etcd: " + etcd.problem, "Check etcd's members and logs."));
  if (!etcd.warning.empty())
    findings.push_back(warn(check_name, etcd.warning, "Upgrade etcd, one member after another."));
  if (!etcd.problem.empty() || !etcd.warning.empty()) return;
  findings.push_back(ok(check_name, "etcd " + etcd.version + " at " + etcd.endpoint +
                                        " has a leader and has answered within " + std::to_string(took.count()) +
                                        " ms"));
}

/// Each server must reach the others where they say.
void check_peers(const DoctorContext& context, const std::vector<log::Member>& members, Findings& findings) {
  const cluster::PeerClient peers(context.peers);
  std::string reached;
  for (const log::Member& member : members) {
    if (member.origin.node == context.peers.node) continue;
    const std::string address = cluster::decode_announcement(member.announcement).address;
    const auto is_ready = peers.is_ready(address, peer_answer_limit);
    if (!is_ready) {
      findings.push_back(warn(
          check_name, "node " + member.origin.node + " does not answer at " + address + ": " + is_ready.error().message,
          "Correct its --advertise, or the network; with a private authority: --cluster-peer-ca."));
    } else {
      reached += (reached.empty() ? "" : ", ") + member.origin.node;
    }
  }
  if (!reached.empty()) findings.push_back(ok(check_name, "other nodes that answer: " + reached));
}

void check_directory_of(const DoctorContext& context, const std::string& identity, Findings& findings) {
  const auto directory = store::Directory::open_read_only(context.data);
  const auto snapshot = directory ? (*directory)->store().snapshot() : tl::make_unexpected(directory.error());
  const auto id = snapshot ? snapshot->cluster() : tl::make_unexpected(snapshot.error());
  const bool can_fetch = context.peers.secret != nullptr;
  if (id && *id && **id == identity)
    return findings.push_back(ok(check_name, "the data are those of cluster " + identity));
  if (id && *id) {
    return findings.push_back(bad(check_name, "the data are those of cluster " + **id + ", but etcd has " + identity,
                                  "Correct --data, --cluster or its prefix."));
  }
  if (can_fetch)
    return findings.push_back(ok(check_name, "the data will be fetched from another node, if there are none"));
  findings.push_back(bad(check_name, "the data are of no cluster",
                         "Give --cluster-secret-file, so that an empty directory "
                         "gets the data of another node, or restore a backup."));
}

} // namespace

void check_cluster(const DoctorContext& context, Findings& findings) {
  if (!context.etcd) return findings.push_back(ok(check_name, "off: a single server"));
  const auto began = std::chrono::steady_clock::now();
  const auto overview = cluster::read_overview(*context.etcd, etcd_limit);
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
  if (!overview) {
    return findings.push_back(bad(check_name, overview.error().message, "The server waits until etcd answers."));
  }
  check_etcd(overview->etcd, took, findings);
  if (!overview->founded) {
    return findings.push_back(
        bad(check_name, "there is no cluster in etcd under the prefix \"" + context.etcd->cluster.prefix + "\"",
            "Found one: nvrhub cluster init; or correct the prefix."));
  }
  check_directory_of(context, overview->founded->identity, findings);
  check_peers(context, overview->members, findings);
}

} // namespace nvrhub::app
