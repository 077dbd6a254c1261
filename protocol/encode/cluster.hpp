#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fleet/nvr.hpp"

namespace nvrhub::protocol {

/// One run of a server of a cluster.
struct ClusterNode {
  std::string node;
  std::uint64_t boot = 0;
  std::string address;    // where it is reached: a URL
  std::string version;    // of nvrhub
  std::uint64_t nvrs = 0; // online by a session with it
  // As it has said itself, some seconds ago; 0: nothing heard of it yet.
  std::uint64_t dashboards = 0;
  std::uint64_t applied = 0; // position of the log
  fleet::WallMillis joined = 0;
  std::optional<fleet::WallMillis> lost; // when its lease was seen to have ended
  fleet::WallMillis expires = 0;         // lost: its NVRs that are not back go offline
};

/// What a server knows of its cluster.
struct ClusterStatus {
  std::string cluster;  // identity
  std::string node;     // this server
  std::string endpoint; // member of etcd in use
  std::string etcd_version;
  bool has_leader = false;
  bool has_lease = false;    // may acknowledge
  std::uint64_t head = 0;    // newest known position of the log
  std::uint64_t applied = 0; // position that this server's store has
  std::string problem;       // for people; empty: none
  std::vector<ClusterNode> nodes;
};

/// `{"cluster","node","log":{"endpoint","etcd_version","leader","lease","head","applied","problem"},
///   "nodes":[{"node","boot","address","version","state","nvrs","dashboards","applied",
///   "joined","lost","expires"}]}`; `boot` has 16 hex
///   digits.
std::string encode(const ClusterStatus& status);

} // namespace nvrhub::protocol
