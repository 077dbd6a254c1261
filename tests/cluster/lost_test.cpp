#include <catch2/catch.hpp>

#include "cluster/support/test_node.hpp"

using namespace nvrhub;
using namespace nvrhub::tests;

TEST_CASE("a killed node is lost when its lease has ended, not before", "[etcd]") {
  if (etcd_program().empty()) return;
  const TwoStores stores;
  const auto& [etcd, a_store, id, b_store] = stores;
  TestNode b(node_options(etcd, "b"), *b_store);
  store::Origin killed;
  {
    cluster::Options options = node_options(etcd, "a");
    options.etcd.lease = std::chrono::seconds(5);
    TestNode a(std::move(options), *a_store);
    killed = a.self();
    b.wait_for([&] { return b.applied() >= a.applied(); });
    CHECK(b.find_lost({killed, b.self()}).empty());
  }
  b.wait_for([&] { return b.vanished() > 0; });
  CHECK(b.find_lost({killed, b.self()}) == std::vector{killed});
}

TEST_CASE("without an answer of etcd nobody is lost", "[etcd]") {
  if (etcd_program().empty()) return;
  EtcdMembers etcd(1);
  const StorePointer store = empty_store();
  (void)found_by(etcd, *store);
  TestNode a(node_options(etcd, "a"), *store);
  etcd.kill(0);
  CHECK(a.find_lost({a.self(), {"b", 1}}).empty());
}

TEST_CASE("the founding node is lost as soon as another one asks", "[etcd]") {
  if (etcd_program().empty()) return;
  const EtcdMembers etcd(1);
  const StorePointer store = empty_store();
  (void)found_by(etcd, *store);
  TestNode a(node_options(etcd, "a"), *store);
  std::vector<store::Origin> known;
  for (const auto& [origin, state] : a.origins()) {
    CHECK(state.joined);
    known.push_back(origin);
  }
  REQUIRE(known.size() == 2);
  const std::vector<store::Origin> lost = a.find_lost(known);
  REQUIRE(lost.size() == 1);
  CHECK(lost[0].node == cluster::founding_node);
}
