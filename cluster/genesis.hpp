#pragma once

#include <cstddef>

#include "cluster/node.hpp"

namespace nvrhub::cluster {

struct Genesis {
  store::ClusterId id;
  std::size_t claimed = 0; // NVRs that are online in the store
};

/// Founds a cluster whose first data are those of the store: a new identity in the store, then in etcd, where the
/// prefix must be empty. The NVRs that are online get a holder, the node `founding_node` (`options.node` is not used),
/// which leaves at once: the nodes that serve them treat it as a lost one.
/// Blocks; after an interruption the same call goes on where the last one ended. ERRORS: other_cluster: the store or
/// the prefix belongs to a cluster that has begun, or to something else; else as of Node::start.
Result<Genesis> found_cluster(Options options, store::Store& store);

} // namespace nvrhub::cluster
