#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "cluster/error.hpp"
#include "log/etcd/etcd_log.hpp"
#include "log/log.hpp"

namespace nvrhub::cluster {

/// Ends the leases of a node, so that the others treat it as lost: one that hangs holds its NVRs, and the log cannot be
/// trimmed. A node that runs joins again by itself. Blocks, `limit` at most. Returns whose leases it has ended, which
/// may be none. `options.origin` is not used. ERRORS: unavailable, refused, not_founded.
Result<std::vector<log::Member>> remove_node(log::etcd::Options options, const std::string& node,
                                             std::chrono::milliseconds limit);

} // namespace nvrhub::cluster
