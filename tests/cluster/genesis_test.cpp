#include <catch2/catch.hpp>

#include "cluster/overview.hpp"
#include "cluster/support/test_node.hpp"
#include "log/support/log_node.hpp"

using namespace nvrhub;
using namespace nvrhub::tests;
using cluster::Errc;

namespace {

constexpr int online = 1'234; // several entries of claims

/// A single server's fleet, with NVRs that are online and one that is not.
StorePointer single_server() {
  StorePointer store = empty_store();
  const fleet::SessionNumber session = good(store->reserve_sessions(10));
  std::vector<store::Write> batch;
  for (int i = 0; i <= online; ++i) {
    std::vector<fleet::Event> events{test::registered(test::nvr_named("nvr-" + std::to_string(i), {"door"}), 2'000)};
    if (i < online) {
      events.push_back(test::change(fleet::Kind::nvr_online, 2'000, {{"door", fleet::Status::online()}}));
    }
    batch.push_back(test::write_of(0, std::move(events), session));
  }
  std::vector<store::Result<fleet::NvrId>> outcomes;
  good(store->commit(batch, outcomes));
  return store;
}

cluster::Error not_founded(const EtcdMembers& etcd, store::Store& store) {
  const auto genesis = cluster::found_cluster(node_options(etcd), store);
  REQUIRE_FALSE(genesis.has_value());
  return genesis.error();
}

} // namespace

TEST_CASE("a cluster begins with the data of a single server", "[etcd]") {
  if (etcd_program().empty()) return;
  const EtcdMembers etcd(1);
  const StorePointer store = single_server();
  const auto events = test::events_in(*store);
  const auto genesis = cluster::found_cluster(node_options(etcd), *store);
  REQUIRE(genesis);
  CHECK(genesis->claimed == online);
  CHECK(good(good(store->snapshot()).cluster()) == genesis->id);
  CHECK(test::events_in(*store) == events); // nobody goes offline by it
  test::require_clean(*store);
  const store::Snapshot snapshot = good(store->snapshot());
  good(snapshot.each_nvr(0, [&](fleet::Nvr&& nvr) {
    const auto holder = good(snapshot.holder(nvr.id));
    CHECK(nvr.online == (holder && holder->node == cluster::founding_node));
    return true;
  }));
  const auto overview = cluster::read_overview(node_options(etcd).etcd, std::chrono::seconds(30));
  REQUIRE(overview);
  CHECK(overview->founded->identity == genesis->id);
  CHECK(overview->members.empty()); // it has left
  CHECK(overview->etcd.version.starts_with("3."));
}

TEST_CASE("a founding that was interrupted goes on", "[etcd]") {
  if (etcd_program().empty()) return;
  const EtcdMembers etcd(1);
  const StorePointer store = single_server();
  const store::ClusterId id = "0123456789abcdef";
  good(store->set_cluster(id));
  SECTION("before the identity was in etcd") {}
  SECTION("before the node had joined") {
    boost::asio::io_context io;
    LogNode founder(io, LogNode::options("founder", etcd.endpoints()));
    REQUIRE(founder.found(id));
  }
  SECTION("after it had joined") {
    cluster::Options options = node_options(etcd, cluster::founding_node);
    boost::asio::io_context io;
    LogNode founder(io, LogNode::options("founder", etcd.endpoints()));
    REQUIRE(founder.found(id));
    const TestNode killed(std::move(options), *store);
  }
  SECTION("at its end") {
    REQUIRE(cluster::found_cluster(node_options(etcd), *store));
  }
  const auto genesis = cluster::found_cluster(node_options(etcd), *store);
  if (!genesis) FAIL(genesis.error().message);
  CHECK(genesis->id == id);
  CHECK(genesis->claimed == online);
  const TestNode a(node_options(etcd), *store);
  int founding = 0;
  for (const auto& [origin, state] : a.origins())
    founding += origin.node == cluster::founding_node && !state.lost ? 1 : 0;
  CHECK(founding == 1);
}

TEST_CASE("what etcd forgot before the founding concerns nobody", "[etcd]") {
  if (etcd_program().empty()) return;
  const EtcdMembers etcd(1);
  boost::asio::io_context io;
  log::etcd::Options options = LogNode::options("former", etcd.endpoints());
  options.cluster.prefix = "former";
  LogNode former(io, options);
  REQUIRE(former.join(""));
  REQUIRE(former.trim(former.append_surely("of another use of this etcd")));
  const StorePointer store = empty_store();
  const store::ClusterId id = found_by(etcd, *store);
  const StorePointer other = joining_store(id);
  const TestNode a(node_options(etcd), *other);
  CHECK(a.origins().size() == 2);
}

TEST_CASE("no cluster is founded where there is one, or with the data of one", "[etcd]") {
  if (etcd_program().empty()) return;
  const EtcdMembers etcd(1);
  const StorePointer store = empty_store();
  const store::ClusterId id = found_by(etcd, *store);
  SECTION("another directory") {
    const StorePointer other = empty_store();
    const cluster::Error error = not_founded(etcd, *other);
    CHECK(error.code == Errc::other_cluster);
    CHECK_THAT(error.message, Catch::Contains(id));
    CHECK(good(good(other->snapshot()).cluster()) == std::nullopt); // unchanged
  }
  SECTION("a directory of another cluster") {
    const StorePointer other = joining_store("0123456789abcdef");
    CHECK(not_founded(etcd, *other).code == Errc::other_cluster);
  }
  SECTION("while a node serves, whose directory is a copy") {
    const StorePointer copy = joining_store(id);
    const TestNode a(node_options(etcd), *copy);
    CHECK_THAT(not_founded(etcd, *store).message, Catch::Contains("in use"));
  }
  SECTION("after a node has served") {
    { const TestNode a(node_options(etcd), *store); }
    CHECK_THAT(not_founded(etcd, *store).message, Catch::Contains("in use"));
  }
  SECTION("the same directory, with an etcd that has lost the cluster") {
    const EtcdMembers other(1);
    CHECK_THAT(not_founded(other, *store).message, Catch::Contains("does not have"));
  }
}

TEST_CASE("no cluster is founded among keys of others", "[etcd]") {
  if (etcd_program().empty()) return;
  const EtcdMembers etcd(1);
  boost::asio::io_context io;
  LogNode other(io, LogNode::options("init", etcd.endpoints()));
  REQUIRE(other.join("of no cluster"));
  const StorePointer store = empty_store();
  CHECK(not_founded(etcd, *store).code == Errc::other_cluster);
}
