#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include <tl/expected.hpp>

#include "actors/messages.hpp"
#include "api/context.hpp"
#include "app/server.hpp"
#include "cluster/node.hpp"
#include "protocol/encode/cluster.hpp"
#include "store/directory/directory.hpp"

namespace nvrhub::app {

/// What became of this server's membership in a cluster. THREADS: any.
struct MembershipState {
  std::atomic<bool> is_lost{false};    // its lease: join again
  std::atomic<bool> has_failed{false}; // it cannot go on; the log has the reason
};

struct JoinedNode {
  std::unique_ptr<store::Directory> directory;
  std::unique_ptr<cluster::Node> node;
};

/// Whether SIGTERM or SIGINT, which are blocked, is waiting to be read.
bool is_asked_to_stop();

/// Opens the data directory, joins the cluster and brings the store up to date; waits as long as etcd does not answer.
/// Data that are missing or too old for the log are fetched from another server. SIGTERM and SIGINT, which are blocked,
/// end that. ERRORS: a message for the operator.
tl::expected<JoinedNode, std::string> join_cluster(const ServerOptions& options,
                                                   const store::DirectoryOptions& opening);

/// For the API: what this server knows of its cluster's log. THREADS: any. The node must outlive it.
std::function<protocol::ClusterStatus()> describe(const cluster::Node& node, std::string cluster);

/// For the API: has another server carry out a call.
std::function<tl::expected<api::ForwardedAnswer, std::string>(const api::ForwardedCall&)>
forwarder(const cluster::PeerOptions& peers);

/// Connects the node with the store actor.
void attach(cluster::Node& node, const actors::StoreActor& store, const std::shared_ptr<MembershipState>& state,
            const actors::Log& log);

} // namespace nvrhub::app
