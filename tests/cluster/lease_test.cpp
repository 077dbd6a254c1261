#include <catch2/catch.hpp>

#include "cluster/support/test_node.hpp"

using namespace nvrhub;
using namespace nvrhub::tests;

TEST_CASE("a node whose lease has ended is told once, and appends nothing more", "[etcd]") {
  if (etcd_program().empty()) return;
  const TwoStores stores;
  const auto& [etcd, a_store, id, b_store] = stores;
  TestNode a(node_options(etcd, "a"), *a_store);
  TestNode b(node_options(etcd, "b"), *b_store);
  (void)bring_online(a, "before");
  REQUIRE(a.node().may_serve());
  SECTION("as the log shows") {
    delete_lease_key(etcd, a.self());
  }
  SECTION("as the refusal of an append shows") {
    delete_lease_key(etcd, a.self());
    a.append(store::entry::Claims{{{"after", 0}}});
    a.append(store::entry::Claims{{{"and after", 0}}});
  }
  a.wait_for([&] { return a.fenced() > 0; });
  b.wait_for([&] { return b.vanished() > 0; });
  CHECK_FALSE(a.node().may_serve());
  a.append(store::entry::Claims{{{"much later", 0}}});
  (void)bring_online(b, "other"); // a follows still
  require_equal(a, *a_store, b, *b_store);
  CHECK_FALSE(a.node().may_serve());
  CHECK(a.fenced() == 1);
  CHECK(a.failures().empty());
  for (const auto& [origin, state] : b.origins()) {
    if (origin == a.self()) CHECK(state.last_entry == 3); // node_joined, the claim and the batch before
  }
  CHECK(b.find_lost({a.self(), b.self()}) == std::vector{a.self()});
  CHECK(a.find_lost({a.self(), b.self()}).empty()); // it is not for a fenced node to say
}

TEST_CASE("a lease that nobody renews stops counting by itself", "[etcd]") {
  if (etcd_program().empty()) return;
  EtcdMembers etcd(1);
  const StorePointer store = empty_store();
  (void)found_by(etcd, *store);
  cluster::Options options = node_options(etcd, "a");
  options.etcd.lease = std::chrono::seconds(3);
  TestNode a(std::move(options), *store);
  REQUIRE(a.node().may_serve());
  etcd.kill(0);
  a.wait_for([&] { return !a.node().may_serve(); });
  CHECK(a.fenced() == 0); // it may come back
  etcd.start(0);
  a.wait_for([&] { return a.node().may_serve(); });
  CHECK(a.write(store::entry::Claims{{{"again", 0}}}).claims.size() == 1);
}

TEST_CASE("an append waits as long as etcd is away, and happens once", "[etcd]") {
  if (etcd_program().empty()) return;
  EtcdMembers etcd(1);
  const StorePointer a_store = empty_store();
  const store::ClusterId id = found_by(etcd, *a_store);
  cluster::Options options = node_options(etcd, "a");
  options.etcd.append_limit = std::chrono::milliseconds(200); // several are unknown before etcd is back
  TestNode a(std::move(options), *a_store);
  etcd.kill(0);
  a.append(store::entry::Claims{{{"while it is away", 0}}});
  a.append(store::entry::Claims{{{"the next", 0}}});
  a.wait_for([&] { return !a.node().health().log.problem.empty(); });
  etcd.start(0);
  CHECK(a.write(store::entry::Claims{{{"the last", 0}}}).claims.size() == 1);
  for (const auto& [origin, state] : a.origins()) {
    if (origin == a.self()) CHECK(state.last_entry == 4);
  }
  const StorePointer b_store = joining_store(id);
  TestNode b(node_options(etcd, "b"), *b_store);
  require_equal(a, *a_store, b, *b_store);
}

TEST_CASE("a node that leaves gives its lease back, and is not told that it has none", "[etcd]") {
  if (etcd_program().empty()) return;
  const TwoStores stores;
  const auto& [etcd, a_store, id, b_store] = stores;
  TestNode a(node_options(etcd, "a"), *a_store);
  TestNode b(node_options(etcd, "b"), *b_store);
  CHECK(a.node().leave(std::chrono::seconds(30)));
  CHECK_FALSE(a.node().may_serve());
  b.wait_for([&] { return b.vanished() > 0; });
  CHECK(b.find_lost({a.self(), b.self()}) == std::vector{a.self()});
  (void)bring_online(b, "after");
  require_equal(a, *a_store, b, *b_store);
  CHECK(a.fenced() == 0);
}
