// Whether the log in etcd is the one that the data directory belongs to, and lacks nothing of it.
#include <algorithm>

#include "cluster/set_back.hpp"
#include "cluster/starting.hpp"

namespace nvrhub::cluster {

Result<void> Node::Starting::compare_identity() {
  const auto found = ask_log<std::optional<log::Founded>>([](log::Log& log, const auto& done) { log.identity(done); });
  if (!found) return tl::make_unexpected(found.error());
  if (!*found) {
    return cluster::fail(Errc::not_founded, "there is no cluster in etcd under the prefix \"" +
                                                options_.etcd.cluster.prefix +
                                                "\": found one by `nvrhub cluster init`, or correct the prefix");
  }
  if (!cluster_ && is_empty_) {
    return cluster::fail(Errc::no_data, "the data directory is empty, and etcd has cluster " + (*found)->identity);
  }
  if (!cluster_) {
    return cluster::fail(Errc::other_cluster, "the data directory belongs to no cluster, but etcd has cluster " +
                                                  (*found)->identity + ": restore a backup of a node first");
  }
  if (*cluster_ != (*found)->identity) {
    return cluster::fail(Errc::other_cluster, "the data directory belongs to cluster " + *cluster_ +
                                                  ", but etcd has cluster " + (*found)->identity +
                                                  ": correct --data, --cluster or its prefix");
  }
  founded_ = (*found)->position;
  return {};
}

Result<void> Node::Starting::check_length() {
  const auto members = ask_members();
  if (!members) return tl::make_unexpected(members.error());
  bool is_short = std::any_of(members->begin(), members->end(), [this](const log::Member& member) {
    return member.origin == node_->loop_->self() && member.joined <= applied_;
  });
  if (!is_short) {
    const auto last = ask_repeatedly<log::LastEntries>([](log::Log& log, const auto& done) { log.last_entries(done); });
    if (!last) return tl::make_unexpected(last.error());
    const auto snapshot = store_.snapshot();
    const auto compared = snapshot ? was_set_back(*snapshot, *last) : tl::make_unexpected(snapshot.error());
    if (!compared) return tl::make_unexpected(store_error(compared.error()));
    is_short = *compared;
  }
  if (!is_short) return {};
  return cluster::fail(Errc::log_too_short, "etcd's log lacks entries that the data directory has applied: etcd was "
                                            "restored from an older copy");
}

} // namespace nvrhub::cluster
