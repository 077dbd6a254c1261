// The cluster: its etcd, the other servers, and whether the data directory belongs to it.
#include "app/doctor/context.hpp"

#include <chrono>
#include <string>

#include "cluster/announcement.hpp"
#include "cluster/etcd_disk.hpp"
#include "cluster/overview.hpp"
#include "cluster/peer_client.hpp"
#include "store/directory/directory.hpp"

namespace nvrhub::app {

namespace {

constexpr const char* check_name = "cluster";
constexpr std::chrono::seconds etcd_limit{5};
constexpr std::chrono::seconds member_limit{3}; // of etcd
constexpr std::chrono::seconds peer_answer_limit{3};
constexpr std::chrono::milliseconds slow_etcd_sync{16}; // each change waits for one of a majority of the members
constexpr std::chrono::duration<double> max_clock_difference{3}; // with more than 5 s a server does not join

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

/// "2 ms"; empty: not known.
std::string check_member(const log::etcd::Options& etcd, const log::etcd::Endpoint& member, Findings& findings) {
  const auto time = cluster::read_sync_time(etcd, member, member_limit);
  if (!time) {
    findings.push_back(warn(check_name,
                            "how long etcd at " + member.to_string() + " syncs is not known: " + time.error().message,
                            "Check this member; /metrics at its client URL has the times."));
    return "";
  }
  if (*time && **time <= slow_etcd_sync) return std::to_string((*time)->count()) + " ms";
  const std::string text = *time ? "up to " + std::to_string((*time)->count()) + " ms" : "longer than its metrics show";
  findings.push_back(warn(check_name, "99 % of the syncs of etcd at " + member.to_string() + " took " + text,
                          "Give its data a disk of their own that syncs in less than 10 ms."));
  return "";
}

void check_etcd_disks(const log::etcd::Options& etcd, Findings& findings) {
  std::string times;
  for (const log::etcd::Endpoint& member : etcd.cluster.endpoints) {
    if (const std::string time = check_member(etcd, member, findings); !time.empty())
      times += (times.empty() ? "" : ", ") + time;
  }
  if (!times.empty()) findings.push_back(ok(check_name, "etcd's members sync 99 % of their writes within " + times));
}

void check_clock(const std::string& node, std::chrono::duration<double> ahead, Findings& findings) {
  if (std::chrono::abs(ahead) < max_clock_difference) return;
  const auto seconds = std::chrono::round<std::chrono::seconds>(std::chrono::abs(ahead)).count();
  findings.push_back(warn(check_name,
                          "the clock of node " + node + " is some " + std::to_string(seconds) + " s " +
                              (ahead.count() > 0 ? "ahead of" : "behind") + " this machine's",
                          "Let both follow the same time servers."));
}

/// Each server must reach the others where they say.
void check_peers(const DoctorContext& context, const std::vector<log::Member>& members, Findings& findings) {
  const cluster::PeerClient peers(context.peers);
  std::string reached;
  for (const log::Member& member : members) {
    if (member.origin.node == context.peers.node) continue;
    const std::string address = cluster::decode_announcement(member.announcement).address;
    const auto state = peers.ask_state(address, peer_answer_limit);
    if (!state) {
      findings.push_back(warn(
          check_name, "node " + member.origin.node + " does not answer at " + address + ": " + state.error().message,
          "Correct its --advertise, or the network; with a private authority: --cluster-peer-ca."));
    } else {
      check_clock(member.origin.node, state->clock_ahead, findings);
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
  check_etcd_disks(*context.etcd, findings);
  if (!overview->founded) {
    return findings.push_back(
        bad(check_name, "there is no cluster in etcd under the prefix \"" + context.etcd->cluster.prefix + "\"",
            "Found one: nvrhub cluster init; or correct the prefix."));
  }
  check_directory_of(context, overview->founded->identity, findings);
  check_peers(context, overview->members, findings);
}

} // namespace nvrhub::app
