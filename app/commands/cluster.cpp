// `nvrhub cluster init|status`: founds a cluster in etcd, and shows what etcd has of one.
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
#include "store/directory/directory.hpp"

namespace nvrhub::app {

namespace {

constexpr std::chrono::seconds etcd_answer_limit{10};

struct InitFlags {
  std::string data;
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

int init_cluster(const CLI::App& command, const InitFlags& flags) {
  auto etcd = read_cluster_flags(flags.cluster);
  if (!etcd) return report_failure(command, etcd.error());
  const auto report = [](const std::string& progress) { std::cerr << progress << "\n"; };
  store::DirectoryOptions opening;
  opening.keep_epoch_of_cluster = true; // so that a copy of a node's directory is refused, and stays what it is
  opening.on_progress = report;
  const auto directory = store::Directory::open(flags.data, opening);
  if (!directory) return print_error(directory.error().message);
  cluster::Options options;
  options.etcd = std::move(*etcd);
  options.version = NVRHUB_VERSION;
  options.log = report;
  const auto genesis = cluster::found_cluster(std::move(options), (*directory)->store());
  if (!genesis) return print_error(genesis.error().message);
  std::cout << "cluster " << genesis->id << " founded with the data of " << flags.data << ", " << genesis->claimed
            << " NVRs online\n";
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

} // namespace

void add_cluster(CLI::App& app, int& result) {
  CLI::App* command = app.add_subcommand("cluster", "Found a cluster of servers in etcd, and show its nodes");
  command->require_subcommand(1);
  const auto init_flags = std::make_shared<InitFlags>();
  CLI::App* founding = command->add_subcommand("init", "Found a cluster with the data of one server, or with none");
  founding->add_option("--data", init_flags->data, "Data directory, without a running server; created if missing")
      ->type_name("DIR")
      ->required();
  add_cluster_flags(*founding, init_flags->cluster)->required();
  founding->footer("No key in etcd may begin with the prefix. NVRs that were online stay so; they have the restart\n"
                   "grace of the first node to return. After an interruption, run the same command again.");
  add_environment(*founding);
  founding->callback([founding, init_flags, &result] { result = init_cluster(*founding, *init_flags); });
  const auto status_flags = std::make_shared<StatusFlags>();
  CLI::App* showing =
      command->add_subcommand("status", "Show the cluster's identity, its etcd, and the nodes that run");
  add_cluster_flags(*showing, status_flags->cluster)->required();
  showing->add_flag("--json", status_flags->json, "One JSON object");
  add_environment(*showing);
  showing->callback([showing, status_flags, &result] { result = show_status(*showing, *status_flags); });
}

} // namespace nvrhub::app
