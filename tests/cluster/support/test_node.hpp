#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "cluster/genesis.hpp"
#include "cluster/node.hpp"
#include "log/support/etcd_members.hpp"
#include "store/entry/entry.hpp"
#include "store/support/stores.hpp"

namespace nvrhub::tests {

using test::good;
using StorePointer = std::unique_ptr<store::Store>;

/// Of a node that reaches this etcd.
cluster::Options node_options(const EtcdMembers& etcd, const std::string& node = "a");

/// Founds a cluster; its first store is `store`. Returns the identity.
store::ClusterId found_by(const EtcdMembers& etcd, store::Store& store);

/// An empty store of a cluster that began without NVRs: the log has everything.
StorePointer joining_store(const store::ClusterId& id);
StorePointer empty_store();

/// An etcd of its own with a cluster, and the stores for two nodes of it.
struct TwoStores {
  EtcdMembers etcd{1};
  StorePointer a_store = empty_store();
  store::ClusterId id = found_by(etcd, *a_store);
  StorePointer b_store = joining_store(id);
};

/// A node that applies to its store what it is delivered, while a test waits.
class TestNode {
public:
  TestNode(cluster::Options options, store::Store& store);

  cluster::Node& node() { return *node_; }
  store::Origin self() const { return node_->self(); }
  void append(const store::Entry& entry);
  /// Appends, and waits until it is applied.
  store::Applied write(const store::Entry& entry);
  /// Applies until `done`; fails the test after as long as nothing but a hang takes.
  void wait_for(const std::function<bool()>& done);
  std::vector<store::Origin> find_lost(const std::vector<store::Origin>& known);
  std::vector<std::pair<store::Origin, store::OriginState>> origins() const;
  store::LogPosition applied() const { return good(good(store_.snapshot()).applied()).position; }

  int fenced() const;
  int vanished() const;
  std::vector<std::string> failures() const;

private:
  struct Seen {
    std::mutex mutex;
    std::condition_variable changed;
    int delivered = 0;
    int fenced = 0;
    int vanished = 0;
    std::optional<std::vector<store::Origin>> lost;
    std::vector<std::string> failures;
  };

  store::Store& store_;
  std::size_t appended_ = 0;
  std::vector<store::Applied> own_; // results of what this node appended
  std::shared_ptr<Seen> seen_ = std::make_shared<Seen>();
  std::unique_ptr<cluster::Node> node_;
};

/// Waits until both have applied the same, which must give equal data without a problem.
void require_equal(TestNode& one, const store::Store& one_store, TestNode& other, const store::Store& other_store);

/// An NVR that registers by this node's session, and is online then.
store::Applied bring_online(TestNode& node, const std::string& hostname);

/// Ends a lease as if its time had passed.
void delete_lease_key(const EtcdMembers& etcd, const store::Origin& origin);

} // namespace nvrhub::tests
