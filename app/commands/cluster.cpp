// `nvrhub cluster init|status|remove|refound`: founds a cluster in etcd, shows what etcd has of one, ends the lease of
// a node, and founds one anew after the loss of etcd.
#include <chrono>
#include <iostream>
#include <memory>

#include <nlohmann/json.hpp>

#include "app/cli/cluster_flags.hpp"
#include "app/cli/types.hpp"
#include "cluster/announcement.hpp"
#include "cluster/genesis.hpp"
#include "cluster/overview.hpp"
#include "cluster/random.hpp"
#include "cluster/remove.hpp"
#include "store/directory/directory.hpp"

namespace nvrhub::app {

namespace {

constexpr std::chrono::seconds etcd_answer_limit{10};

struct InitFlags {
  std::string data;
  ClusterFlags cluster;
};

struct RemoveFlags {
  std::string node;
  ClusterFlags cluster;
};

struct StatusFlags {
  ClusterFlags cluster;
  bool json = false;
};

int print_error(const std::string& message) {
  std::cerr << "nvrhub: " << message << "\n";
  return 1;
}

void report(const std::string& progress) {
  std::cerr << progress << "\n";
}

/// `opening`: of the data directory.
int found(const InitFlags& flags, const log::etcd::Options& etcd, store::DirectoryOptions opening) {
  opening.on_progress = report;
  const auto directory = store::Directory::open(flags.data, opening);
  if (!directory) return print_error(directory.error().message);
  cluster::Options options;
  options.etcd = etcd;
  options.version = NVRHUB_VERSION;
  options.log = report;
  const auto genesis = cluster::found_cluster(std::move(options), (*directory)->store());
  if (!genesis) return print_error(genesis.error().message);
  std::cout << "cluster " << genesis->id << " founded with the data of " << flags.data << ", " << genesis->claimed
            << " NVRs online\n";
  return 0;
}

int init_cluster(const CLI::App& command, const InitFlags& flags) {
  const auto etcd = read_cluster_flags(flags.cluster);
  if (!etcd) return report_failure(command, etcd.error());
  store::DirectoryOptions opening;
  opening.keep_epoch_of_cluster = true; // so that a copy of a node's directory is refused, and stays what it is
  return found(flags, *etcd, std::move(opening));
}

/// Nothing is changed unless the directory is one of a cluster, and etcd has none.
int refound_cluster(const CLI::App& command, const InitFlags& flags) {
  const auto etcd = read_cluster_flags(flags.cluster);
  if (!etcd) return report_failure(command, etcd.error());
  const auto overview = cluster::read_overview(*etcd, etcd_answer_limit);
  if (!overview) return print_error(overview.error().message);
  if (overview->founded) {
    return print_error("etcd has cluster " + overview->founded->identity + " under the prefix \"" +
                       etcd->cluster.prefix + "\": start its servers, or use an etcd or a prefix without one");
  }
  {
    const auto directory = store::Directory::open_read_only(flags.data);
    if (!directory) return print_error(directory.error().message);
    const auto snapshot = (*directory)->store().snapshot();
    const auto id = snapshot ? snapshot->cluster() : tl::make_unexpected(snapshot.error());
    if (!id) return print_error(id.error().message);
    if (!*id) return print_error(flags.data + " holds the data of no cluster: use `nvrhub cluster init`");
  }
  store::DirectoryOptions opening;
  opening.new_epoch = "its cluster was founded anew";
  return found(flags, *etcd, std::move(opening));
}

int remove_node(const CLI::App& command, const RemoveFlags& flags) {
  auto etcd = read_cluster_flags(flags.cluster);
  if (!etcd) return report_failure(command, etcd.error());
  const auto removed = cluster::remove_node(std::move(*etcd), flags.node, etcd_answer_limit);
  if (!removed) return print_error(removed.error().message);
  if (removed->empty()) return print_error("node " + flags.node + " holds no lease: the others have given it up");
  std::cout << "the lease of node " << flags.node << " is ended: its NVRs have the restart grace to return to others\n";
  return 0;
}

nlohmann::ordered_json member_json(const log::Member& member) {
  const cluster::Announcement announcement = cluster::decode_announcement(member.announcement);
  return {{"node", member.origin.node},
          {"boot", cluster::to_hex(member.origin.boot)},
          {"address", announcement.address},
          {"version", announcement.version}};
}

void print_overview_json(const cluster::Overview& overview) {
  nlohmann::ordered_json nodes = nlohmann::ordered_json::array();
  for (const log::Member& member : overview.members)
    nodes.push_back(member_json(member));
  const nlohmann::ordered_json etcd{{"version", overview.etcd.version},
                                    {"endpoint", overview.etcd.endpoint},
                                    {"has_leader", overview.etcd.has_leader},
                                    {"problem", overview.etcd.problem},
                                    {"warning", overview.etcd.warning}};
  std::cout << nlohmann::ordered_json{{"cluster", overview.founded->identity}, {"etcd", etcd}, {"nodes", nodes}}
            << "\n";
}

void print_overview(const cluster::Overview& overview) {
  std::cout << "cluster " << overview.founded->identity << "\n"
            << "etcd " << overview.etcd.version << " at " << overview.etcd.endpoint << ", "
            << (overview.etcd.has_leader ? "has a leader" : "has no leader") << "\n";
  for (const std::string& text : {overview.etcd.problem, overview.etcd.warning})
    if (!text.empty()) std::cout << "warning: " << text << "\n";
  if (overview.members.empty()) std::cout << "no nodes\n";
  for (const log::Member& member : overview.members) {
    const cluster::Announcement announcement = cluster::decode_announcement(member.announcement);
    std::cout << "node " << member.origin.node << "  boot " << cluster::to_hex(member.origin.boot) << "  "
              << announcement.address << "  nvrhub " << announcement.version << "\n";
  }
}

int show_status(const CLI::App& command, const StatusFlags& flags) {
  auto etcd = read_cluster_flags(flags.cluster);
  if (!etcd) return report_failure(command, etcd.error());
  const std::string prefix = etcd->cluster.prefix;
  const auto overview = cluster::read_overview(std::move(*etcd), etcd_answer_limit);
  if (!overview) return print_error(overview.error().message);
  if (!overview->founded) {
    return print_error("there is no cluster in etcd under the prefix \"" + prefix +
                       "\"; `nvrhub cluster init` founds one");
  }
  flags.json ? print_overview_json(*overview) : print_overview(*overview);
  return 0;
}

void add_data_and_cluster(CLI::App& command, InitFlags& flags) {
  command.add_option("--data", flags.data, "Data directory, without a running server")->type_name("DIR")->required();
  add_cluster_flags(command, flags.cluster)->required();
  add_environment(command);
}

void add_init(CLI::App& parent, int& result) {
  const auto flags = std::make_shared<InitFlags>();
  CLI::App* command = parent.add_subcommand("init", "Found a cluster with the data of one server, or with none");
  add_data_and_cluster(*command, *flags);
  command->footer(
      "The directory is created if it is missing. No key in etcd may begin with the prefix. NVRs that were\n"
      "online stay so; they have the restart grace of the first node to return. After an interruption, run\n"
      "the same command again.");
  command->callback([command, flags, &result] { result = init_cluster(*command, *flags); });
}

void add_refound(CLI::App& parent, int& result) {
  const auto flags = std::make_shared<InitFlags>();
  CLI::App* command = parent.add_subcommand(
      "refound", "Found a cluster anew with the data of one of its nodes, after the loss of etcd");
  add_data_and_cluster(*command, *flags);
  command->footer("Use the data of the node that had applied most (`seq` of GET /api/v1/summary). A new epoch begins;\n"
                  "dashboards load the fleet again. The other nodes start with an empty directory. After an\n"
                  "interruption, go on with `nvrhub cluster init`.");
  command->callback([command, flags, &result] { result = refound_cluster(*command, *flags); });
}

void add_remove(CLI::App& parent, int& result) {
  const auto flags = std::make_shared<RemoveFlags>();
  CLI::App* command = parent.add_subcommand("remove", "End the lease of a node that hangs or does not stop");
  command->add_option("NODE", flags->node, "Name of the node")->required();
  add_cluster_flags(*command, flags->cluster)->required();
  add_environment(*command);
  command->footer(
      "The others treat it as lost: its NVRs have the restart grace to return to them. A node that runs joins\n"
      "again by itself: stop it first. A node that has stopped or died needs no removal.");
  command->callback([command, flags, &result] { result = remove_node(*command, *flags); });
}

void add_status(CLI::App& parent, int& result) {
  const auto flags = std::make_shared<StatusFlags>();
  CLI::App* command = parent.add_subcommand("status", "Show the cluster's identity, its etcd, and the nodes that run");
  add_cluster_flags(*command, flags->cluster)->required();
  command->add_flag("--json", flags->json, "One JSON object");
  add_environment(*command);
  command->callback([command, flags, &result] { result = show_status(*command, *flags); });
}

} // namespace

void add_cluster(CLI::App& app, int& result) {
  CLI::App* command = app.add_subcommand("cluster", "Found a cluster of servers in etcd, and care for it");
  command->require_subcommand(1);
  add_init(*command, result);
  add_status(*command, result);
  add_remove(*command, result);
  add_refound(*command, result);
}

} // namespace nvrhub::app
