#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "cluster/error.hpp"
#include "log/etcd/etcd_log.hpp"
#include "log/log.hpp"

namespace nvrhub::cluster {

/// What etcd has of a cluster, for those who only look.
struct Overview {
  log::Health etcd;
  std::optional<log::Founded> founded; // nullopt: there is no cluster
  std::vector<log::Member> members;    // that hold a lease
};

/// Blocks, `limit` at most. `options.origin` is not used. ERRORS: unavailable, refused.
Result<Overview> read_overview(log::etcd::Options options, std::chrono::milliseconds limit);

} // namespace nvrhub::cluster
