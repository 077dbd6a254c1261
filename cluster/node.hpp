#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "actors/store/replicator.hpp"
#include "cluster/announcement.hpp"
#include "cluster/ask.hpp"
#include "cluster/callbacks.hpp"
#include "cluster/error.hpp"
#include "cluster/log_thread.hpp"
#include "cluster/node_loop.hpp"
#include "fleet/nvr.hpp"
#include "store/store.hpp"

namespace nvrhub::cluster {

/// The name of the node as which `nvrhub cluster init` joins; no other node should have it.
inline constexpr const char* founding_node = "init";

/// Below this many bytes that were delivered and not taken, the log is followed.
inline constexpr std::size_t default_max_queued = std::size_t{16} << 20;

struct Options {
  log::etcd::Options etcd; // `origin` is not used
  std::string node;        // store::is_node_name()
  std::string address{};   // of the announcement, as version
  std::string version{};
  std::chrono::milliseconds grace{90'000};       // of the boots that this one replaces
  GiveUp is_cancelled{};                         // ends start()
  std::function<void(const std::string&)> log{}; // progress of start(), on its thread
  std::function<fleet::WallMillis()> now{};      // of node_joined; the system's clock if empty
  std::size_t max_queued = default_max_queued;
};

/// A node of a cluster in one run: its lease, what it appends to the log, and what the log delivers. The problem it
/// solves: the store actor must neither wait for etcd nor be called by a thread that it does not know.
///
///   auto node = cluster::Node::start(std::move(options), directory->store()); // blocks; the store has caught up
///   (*node)->attach({.on_delivered = [=] { anon_send(store_actor, Delivered{}); }, ...});
///   ... // the store actor calls append(), take(), find_lost()
///   (*node)->leave(2s);
///
/// A node that has lost its lease is over: the process starts another one, by a new boot.
/// THREADS: any; only start() and leave() block. The callbacks are called on a thread of the node's, which the
/// destructor ends. OWNERSHIP: the store is used by start() only.
class Node final : public actors::Replicator {
public:
  /// Compares the cluster's identity with the store's, joins by a new boot, applies to the store, on this thread, what
  /// is in the log, up to the own node_joined. Waits as long as etcd does not answer and the options do not cancel.
  /// REQUIRES: nothing else writes to the store meanwhile. ERRORS: each says what to do; the lease is given back.
  static Result<std::unique_ptr<Node>> start(Options options, store::Store& store);
  ~Node() override;

  /// Before it nothing is called back; what happened meanwhile is called at once. Entries that come after start() are
  /// delivered, none twice.
  void attach(Callbacks callbacks);

  const store::Origin& self() const override { return self_; }
  void append(std::string entry) override;
  std::vector<actors::DeliveredEntry> take() override;
  void find_lost(std::vector<store::Origin> known) override;
  void trim(store::LogPosition upto) override;
  void fail(const std::string& why) override;

  /// The own lease is alive. Exact also in a process that was stopped and goes on. Cheap.
  bool may_serve() const { return loop_->may_serve(); }
  NodeHealth health() const { return loop_->health(); }

  /// Ends the lease, so that peers need not wait for its end. Blocks, `limit` at most. Nothing can be appended after
  /// it, and on_fenced is not called. ERRORS: etcd did not answer; the lease ends by itself then.
  Result<void> leave(std::chrono::milliseconds limit);

private:
  class Starting; // start.cpp

  Node(std::unique_ptr<LogThread> thread, log::Origin self, std::size_t max_queued);

  const store::Origin self_;
  std::unique_ptr<LogThread> thread_;
  std::unique_ptr<NodeLoop> loop_; // used by the thread
};

/// Applies what was delivered, in transactions of limited size. ERRORS: of Store::apply; what came before is applied.
store::Result<std::vector<store::Applied>> apply_delivered(store::Store& store,
                                                           const std::vector<actors::DeliveredEntry>& entries);

} // namespace nvrhub::cluster
