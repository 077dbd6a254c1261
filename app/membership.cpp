#include "app/membership.hpp"

#include <chrono>
#include <csignal>
#include <optional>
#include <thread>
#include <utility>

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include "app/joining_listener.hpp"
#include "cluster/fetch.hpp"

namespace nvrhub::app {

bool is_asked_to_stop() {
  sigset_t pending;
  return sigpending(&pending) == 0 && (sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1);
}

namespace {

constexpr std::chrono::seconds forward_limit{5};
constexpr int fetch_pause_steps = 20; // of 100 ms
constexpr unsigned max_fetches = 3;   // the log goes on, and may be trimmed, during one

/// Whether the data of another server are what is missing.
bool may_fetch(cluster::Errc code) {
  return code == cluster::Errc::no_data || code == cluster::Errc::too_far_behind;
}

/// As long as what fails may pass: two servers that are new fetch from a third one in turn.
cluster::Result<void> fetch_until_refused(const cluster::Options& joining, const ServerOptions& options) {
  const cluster::PeerClient peers(options.peers);
  std::string reported;
  for (;;) {
    auto fetched = cluster::fetch_data(joining, peers, options.data);
    if (fetched || fetched.error().code != cluster::Errc::unavailable) return fetched;
    if (fetched.error().message != reported) joining.log("waiting for data: " + fetched.error().message);
    reported = fetched.error().message;
    for (int i = 0; i < fetch_pause_steps; ++i) {
      if (joining.is_cancelled()) return cluster::fail(cluster::Errc::cancelled, "cancelled");
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  }
}

} // namespace

tl::expected<JoinedNode, std::string> join_cluster(const ServerOptions& options,
                                                   const store::DirectoryOptions& opening) {
  cluster::Options joining = *options.cluster;
  joining.version = NVRHUB_VERSION;
  joining.grace = options.settings.restart_grace;
  joining.is_cancelled = [&options] {
    if (options.while_joining) options.while_joining();
    return is_asked_to_stop();
  };
  joining.log = [&options](const std::string& text) { options.log(actors::Level::info, "cluster", text); };
  std::optional<JoiningListener> listener;
  for (unsigned fetches = 0;;) {
    auto directory = store::Directory::open(options.data, opening);
    if (!directory) return tl::make_unexpected(directory.error().message);
    if (!listener && options.port != 0) listener.emplace(options.address, options.port, options.net.tls);
    auto node = cluster::Node::start(joining, (*directory)->store());
    if (node) return JoinedNode{std::move(*directory), std::move(*node)};
    directory->reset();
    if (node.error().code == cluster::Errc::fenced) { // this process was paused, or etcd away, for longer than a lease
      joining.log(node.error().message + ": joining again");
      continue;
    }
    if (!may_fetch(node.error().code) || fetches++ == max_fetches) return tl::make_unexpected(node.error().message);
    joining.log(node.error().message + ": fetching the data of another server");
    const auto fetched = fetch_until_refused(joining, options);
    if (fetched) continue;
    return tl::make_unexpected(node.error().message + ", and no other server gives its data (" +
                               fetched.error().message + "): restore a backup of one (`nvrhub backup`)");
  }
}

std::function<protocol::ClusterStatus()> describe(const cluster::Node& node, std::string cluster) {
  return [&node, cluster = std::move(cluster)] {
    const cluster::NodeHealth health = node.health();
    protocol::ClusterStatus status;
    status.cluster = cluster;
    status.node = node.self().node;
    status.endpoint = health.log.endpoint;
    status.etcd_version = health.log.version;
    status.has_leader = health.log.has_leader;
    status.has_lease = node.may_serve();
    status.head = health.log.head;
    status.problem = health.log.problem;
    return status;
  };
}

std::function<tl::expected<api::ForwardedAnswer, std::string>(const api::ForwardedCall&)>
forwarder(const cluster::PeerOptions& peers) {
  return [client = cluster::PeerClient(peers)](
             const api::ForwardedCall& call) -> tl::expected<api::ForwardedAnswer, std::string> {
    auto answer = client.forward(call.address, call.method, call.target, call.body, call.grant, forward_limit);
    if (!answer) return tl::make_unexpected(answer.error().message);
    return api::ForwardedAnswer{answer->status, std::move(answer->body)};
  };
}

void attach(cluster::Node& node, const actors::StoreActor& store, const std::shared_ptr<MembershipState>& state,
            const actors::Log& log) {
  // Weak: a handle that outlives the store actor would keep its thread.
  const auto send = [weak = caf::actor_cast<caf::weak_actor_ptr>(store)](auto message) {
    if (const auto actor = weak.lock()) caf::anon_send(caf::actor_cast<actors::StoreActor>(actor), std::move(message));
  };
  cluster::Callbacks callbacks;
  callbacks.on_delivered = [send] { send(actors::Delivered{}); };
  callbacks.on_lost = [send](std::vector<store::Origin> lost) { send(actors::LostOrigins{std::move(lost)}); };
  callbacks.on_vanished = [send] { send(actors::Vanished{}); };
  callbacks.on_fenced = [send, state, log] {
    send(actors::Fenced{});
    log(actors::Level::error, "cluster_lease_lost",
        "the cluster has given up this server: it closes all sockets and joins again");
    state->is_lost = true;
  };
  callbacks.on_failed = [send, state, log](const std::string& why) {
    send(actors::Fenced{});
    log(actors::Level::error, "cluster_failed", why);
    state->has_failed = true;
  };
  node.attach(std::move(callbacks));
}

} // namespace nvrhub::app
