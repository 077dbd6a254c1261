#include "cluster/genesis.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "cluster/overview.hpp"
#include "cluster/random.hpp"
#include "store/entry/codec.hpp"
#include "store/try.hpp"

namespace nvrhub::cluster {
namespace {

using namespace std::chrono_literals;

constexpr auto first_answer_limit = 10s;
constexpr auto end_of_lease_limit = 5s;
constexpr std::size_t claims_per_entry = 500; // an entry of the longest hostnames is 100 KB

/// What matters of the store.
struct Beginning {
  std::optional<store::ClusterId> cluster;
  store::LogPosition applied = 0;
  bool has_nodes = false; // other than the founding one
};

store::Result<Beginning> read_beginning(const store::Store& store) {
  NVRHUB_LET(snapshot, store.snapshot());
  Beginning beginning;
  NVRHUB_LET(cluster, snapshot.cluster());
  NVRHUB_LET(applied, snapshot.applied());
  beginning.cluster = std::move(cluster);
  beginning.applied = applied.position;
  NVRHUB_TRY(snapshot.each_origin([&](const store::Origin& origin, const store::OriginState&) {
    beginning.has_nodes = beginning.has_nodes || origin.node != founding_node;
  }));
  return beginning;
}

store::Result<std::vector<std::string>> online_hostnames(const store::Store& store) {
  NVRHUB_LET(snapshot, store.snapshot());
  std::vector<std::string> hostnames;
  NVRHUB_TRY(snapshot.each_nvr_summary(0, [&](fleet::Nvr&& nvr, const fleet::NvrSummary&) {
    if (nvr.online) hostnames.push_back(std::move(nvr.hostname));
    return true;
  }));
  return hostnames;
}

template <class T>
Result<T> of_store(store::Result<T>&& result) {
  if (!result) return fail(Errc::store, result.error().message);
  return std::move(*result);
}

/// Why no cluster can be founded, or the founding can't go on; empty: it can.
std::string refusal(const Beginning& store, const Overview& etcd) {
  const bool has_other_member = std::any_of(etcd.members.begin(), etcd.members.end(), [](const log::Member& member) {
    return member.origin.node != founding_node;
  });
  if (!store.cluster && store.applied != 0) {
    return "the data directory is a copy of that of a cluster's node: a cluster can't begin with it";
  }
  if (etcd.founded && (!store.cluster || *store.cluster != etcd.founded->identity)) {
    return "etcd has cluster " + etcd.founded->identity +
           " under this prefix: use another prefix, or restore a backup of one of its nodes and run `nvrhub serve`";
  }
  if (store.has_nodes || has_other_member) {
    return "the data directory belongs to cluster " + store.cluster.value_or(std::string()) + ", which is in use";
  }
  if (store.cluster && !etcd.founded && store.applied != 0) {
    return "the data directory belongs to cluster " + *store.cluster + ", which this etcd does not have";
  }
  return {};
}

Result<void> enter_identity(const Options& options, const store::ClusterId& id) {
  log::etcd::Options etcd = options.etcd;
  etcd.origin = {founding_node, random_number()};
  auto thread = LogThread::start(std::move(etcd));
  if (!thread) return tl::make_unexpected(thread.error());
  const auto founded = ask<log::Result<void>>(**thread, after(first_answer_limit),
                                              [id](log::Log& log, const auto& done) { log.found(id, done); });
  if (!founded) return fail(Errc::unavailable, "etcd did not answer in time");
  if (*founded) return {};
  const bool is_taken = founded->error().code == log::Errc::taken;
  return fail(is_taken ? Errc::other_cluster : to_error(founded->error()).code, founded->error().message);
}

/// Appends entries and applies them to the store.
class Writer {
public:
  Writer(Node& node, store::Store& store, const GiveUp& is_cancelled)
      : node_(node), store_(store), is_cancelled_(is_cancelled) {
    Callbacks callbacks;
    callbacks.on_delivered = [seen = seen_] { seen->set(seen->has_deliveries); };
    callbacks.on_fenced = [seen = seen_] { seen->set(seen->is_over); };
    callbacks.on_failed = [seen = seen_](const std::string&) { seen->set(seen->is_over); };
    node_.attach(std::move(callbacks));
  }

  /// Returns when the entry is applied.
  Result<store::Applied> write(const store::Entry& entry) {
    node_.append(store::entry::encode(entry));
    for (;;) {
      std::unique_lock lock(seen_->mutex);
      seen_->changed.wait_for(lock, 100ms, [&] { return seen_->has_deliveries || seen_->is_over; });
      const bool is_over = seen_->is_over;
      seen_->has_deliveries = false;
      lock.unlock();
      const std::vector<actors::DeliveredEntry> entries = node_.take();
      auto applied = of_store(apply_delivered(store_, entries));
      if (!applied) return tl::make_unexpected(applied.error());
      for (std::size_t i = 0; i < entries.size(); ++i)
        if (entries[i].origin == node_.self()) return std::move((*applied)[i]);
      if (is_over) return fail(Errc::fenced, "the lease ended");
      if (is_cancelled_ && is_cancelled_()) return fail(Errc::cancelled, "cancelled");
    }
  }

private:
  struct Seen {
    std::mutex mutex;
    std::condition_variable changed;
    bool has_deliveries = false;
    bool is_over = false;

    void set(bool& what) {
      const std::lock_guard lock(mutex);
      what = true;
      changed.notify_all();
    }
  };

  Node& node_;
  store::Store& store_;
  const GiveUp& is_cancelled_;
  std::shared_ptr<Seen> seen_ = std::make_shared<Seen>();
};

Result<std::size_t> claim_online(Writer& writer, const store::Store& store) {
  const auto hostnames = of_store(online_hostnames(store));
  if (!hostnames) return tl::make_unexpected(hostnames.error());
  for (std::size_t at = 0; at < hostnames->size(); at += claims_per_entry) {
    store::entry::Claims claims;
    for (std::size_t i = at; i < std::min(at + claims_per_entry, hostnames->size()); ++i)
      claims.claims.push_back({(*hostnames)[i], 0});
    const auto applied = writer.write(claims);
    if (!applied) return tl::make_unexpected(applied.error());
    for (const store::Result<store::Claimed>& claim : applied->claims)
      if (!claim) return fail(Errc::store, claim.error().message);
  }
  return hostnames->size();
}

Result<Genesis> go_on(Options options, store::Store& store, const store::ClusterId& id) {
  const auto entered = enter_identity(options, id);
  if (!entered) return tl::make_unexpected(entered.error());
  options.node = founding_node;
  const GiveUp is_cancelled = options.is_cancelled;
  const auto node = Node::start(std::move(options), store);
  if (!node) return tl::make_unexpected(node.error());
  Writer writer(**node, store, is_cancelled);
  const auto claimed = claim_online(writer, store);
  (void)(*node)->leave(end_of_lease_limit); // it ends by itself, too
  if (!claimed) return tl::make_unexpected(claimed.error());
  return Genesis{id, *claimed};
}

} // namespace

Result<Genesis> found_cluster(Options options, store::Store& store) {
  const auto beginning = of_store(read_beginning(store));
  if (!beginning) return tl::make_unexpected(beginning.error());
  const auto overview = read_overview(options.etcd, first_answer_limit);
  if (!overview) return tl::make_unexpected(overview.error());
  if (std::string why = refusal(*beginning, *overview); !why.empty()) return fail(Errc::other_cluster, std::move(why));
  const store::ClusterId id = beginning->cluster.value_or(to_hex(random_number()));
  // First here: of a founding that was interrupted, the directory knows the identity, and the same call goes on.
  if (const auto set = store.set_cluster(id); !set) return fail(Errc::store, set.error().message);
  auto genesis = go_on(std::move(options), store, id);
  if (!genesis && genesis.error().code != Errc::other_cluster)
    return fail(genesis.error().code, genesis.error().message + "; repeat the command to go on with cluster " + id);
  return genesis;
}

} // namespace nvrhub::cluster
