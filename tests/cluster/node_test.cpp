#include <atomic>

#include <catch2/catch.hpp>

#include "cluster/support/test_node.hpp"

using namespace nvrhub;
using namespace nvrhub::tests;

// Every test has an etcd of its own.

TEST_CASE("nodes that append at once apply the same entries in one order", "[etcd]") {
  if (etcd_program().empty()) return;
  const TwoStores stores;
  const auto& [etcd, a_store, id, b_store] = stores;
  TestNode a(node_options(etcd, "a"), *a_store);
  TestNode b(node_options(etcd, "b"), *b_store);
  CHECK(a.node().may_serve());
  CHECK(b.node().may_serve());
  for (int i = 0; i < 20; ++i) { // without waiting for each other
    const std::string hostname = "nvr-" + std::to_string(i % 7);
    a.append(store::entry::Claims{{{hostname, 0}, {"a-" + hostname, 0}}});
    b.append(store::entry::Claims{{{hostname, 0}}});
    if (i % 5 == 0) (void)bring_online(i % 2 == 0 ? a : b, hostname);
  }
  CHECK(bring_online(a, "shared").outcomes[0]);
  CHECK(bring_online(b, "shared").outcomes[0]);
  require_equal(a, *a_store, b, *b_store);
  const auto shared = good(good(a_store->snapshot()).id_of("shared"));
  REQUIRE(shared);
  CHECK(good(good(a_store->snapshot()).holder(*shared)) == b.self());
  CHECK(a.failures().empty());
  CHECK(a.fenced() == 0);
}

TEST_CASE("a node that was started again replaces its earlier boot, in every store", "[etcd]") {
  if (etcd_program().empty()) return;
  const TwoStores stores;
  const auto& [etcd, a_store, id, b_store] = stores;
  TestNode b(node_options(etcd, "b"), *b_store);
  store::Origin earlier;
  {
    TestNode a(node_options(etcd, "a"), *a_store);
    earlier = a.self();
    (void)bring_online(a, "nvr");
  } // without leaving, as when it is killed
  (void)bring_online(b, "meanwhile");
  TestNode a(node_options(etcd, "a"), *a_store);
  CHECK(a.self() != earlier);
  CHECK(good(good(a_store->snapshot()).id_of("meanwhile")).has_value()); // start() has caught up
  require_equal(a, *a_store, b, *b_store);
  int boots = 0;
  for (const auto& [origin, state] : b.origins()) {
    if (origin.node != "a") continue;
    ++boots;
    CHECK(state.joined);
    CHECK(state.lost == (origin == earlier));
    if (state.lost) CHECK(state.grace_ms == 5'000);
    if (!state.lost) CHECK(cluster::decode_announcement(state.announcement).address == "http://a.example:8080");
  }
  CHECK(boots == 2);
}

TEST_CASE("a node that does not take is paused, and misses nothing when it does", "[etcd]") {
  if (etcd_program().empty()) return;
  const TwoStores stores;
  const auto& [etcd, a_store, id, b_store] = stores;
  TestNode a(node_options(etcd, "a"), *a_store);
  cluster::Options options = node_options(etcd, "b");
  options.max_queued = 1'000'000;
  TestNode b(std::move(options), *b_store);
  store::entry::Claims claims;
  for (int i = 0; i < 4'000; ++i)
    claims.claims.push_back({std::string(180, 'x') + std::to_string(i), 0});
  for (int i = 0; i < 30; ++i)
    (void)a.write(claims); // 20 MB: more than windows and socket buffers hold
  a.wait_for([&] { return b.node().health().log.head >= a.applied(); });
  CHECK(b.node().health().log.followed < a.applied());
  require_equal(a, *a_store, b, *b_store);
}

TEST_CASE("entries that come before anybody is attached are announced then", "[etcd]") {
  if (etcd_program().empty()) return;
  const TwoStores stores;
  const auto& [etcd, a_store, id, b_store] = stores;
  TestNode a(node_options(etcd, "a"), *a_store);
  std::atomic<int> delivered = 0; // outlives the node
  const auto b = cluster::Node::start(node_options(etcd, "b"), *b_store);
  REQUIRE(b);
  const store::LogPosition written = [&] {
    (void)bring_online(a, "nvr");
    return a.applied();
  }();
  a.wait_for([&] { return (*b)->health().log.followed >= written; });
  (*b)->attach({.on_delivered = [&] { ++delivered; }});
  a.wait_for([&] { return delivered > 0; });
  const auto entries = (*b)->take();
  REQUIRE_FALSE(entries.empty());
  CHECK(entries.back().position == written);
  CHECK(delivered == 1);
}

TEST_CASE("health has the engine's state and the nodes", "[etcd]") {
  if (etcd_program().empty()) return;
  const EtcdMembers etcd(1);
  const StorePointer store = empty_store();
  (void)found_by(etcd, *store);
  TestNode a(node_options(etcd, "a"), *store);
  a.wait_for([&] { return a.node().health().log.has_leader && a.node().health().members.size() == 1; });
  const cluster::NodeHealth health = a.node().health();
  CHECK(health.log.version.starts_with("3."));
  CHECK(health.lease.lease == log::Lease::alive);
  CHECK(health.members[0].origin == log::Origin{"a", a.self().boot});
}

TEST_CASE("a node that cannot go on says so once, also to who comes later", "[etcd]") {
  if (etcd_program().empty()) return;
  const EtcdMembers etcd(1);
  const StorePointer store = empty_store();
  (void)found_by(etcd, *store);
  TestNode a(node_options(etcd, "a"), *store);
  a.node().fail("the store is damaged");
  a.node().fail("and again");
  a.wait_for([&] { return !a.failures().empty(); });
  a.append(store::entry::Claims{{{"nvr", 0}}});
  CHECK(a.write(store::entry::Claims{{{"nvr", 0}}}).claims.size() == 1); // so all before it was handled
  CHECK(a.failures() == std::vector<std::string>{"the store is damaged"});
}
