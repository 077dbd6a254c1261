#include <algorithm>
#include <chrono>
#include <future>
#include <utility>

#include <catch2/catch.hpp>

#include "cluster/support/test_node.hpp"
#include "log/etcd/version.hpp"
#include "log/support/log_node.hpp"

using namespace nvrhub;
using namespace nvrhub::tests;
using cluster::Errc;
using cluster::Node;

namespace {

const store::ClusterId some_id = "0123456789abcdef";

cluster::Error not_started(cluster::Options options, store::Store& store) {
  const auto node = Node::start(std::move(options), store);
  REQUIRE_FALSE(node.has_value());
  return node.error();
}

} // namespace

TEST_CASE("a node does not start where no cluster was founded", "[etcd]") {
  if (etcd_program().empty()) return;
  const EtcdMembers etcd(1);
  const StorePointer store = joining_store(some_id);
  const cluster::Error error = not_started(node_options(etcd), *store);
  CHECK(error.code == Errc::not_founded);
  CHECK_THAT(error.message, Catch::Contains("nvrhub cluster init") && Catch::Contains("\"fleet\""));
}

TEST_CASE("a node does not start with the data of another cluster or of none", "[etcd]") {
  if (etcd_program().empty()) return;
  const EtcdMembers etcd(1);
  const StorePointer founder = empty_store();
  const store::ClusterId id = found_by(etcd, *founder);
  const StorePointer other = joining_store(some_id);
  const cluster::Error of_other = not_started(node_options(etcd), *other);
  CHECK(of_other.code == Errc::other_cluster);
  CHECK_THAT(of_other.message, Catch::Contains(id) && Catch::Contains(some_id));
  const StorePointer empty = empty_store();
  CHECK(not_started(node_options(etcd), *empty).code == Errc::no_data);
  const StorePointer single = empty_store();
  store::Write write = test::write_of(0, {test::registered(test::nvr_named("x", {}), 1'000)});
  test::committed(*single, write);
  const cluster::Error of_single = not_started(node_options(etcd), *single);
  CHECK(of_single.code == Errc::other_cluster);
  CHECK_THAT(of_single.message, Catch::Contains("restore a backup of a node first"));
  TestNode a(node_options(etcd), *founder); // none of them has joined
  CHECK(a.origins().size() == 2);
}

TEST_CASE("a start without etcd reports that it waits, and can be cancelled", "[etcd]") {
  if (etcd_program().empty()) return;
  EtcdMembers etcd(1);
  etcd.kill(0);
  const StorePointer store = joining_store(some_id);
  cluster::Options options = node_options(etcd);
  std::vector<std::string> progress;
  options.log = [&](const std::string& text) { progress.push_back(text); };
  options.is_cancelled = [&] { return !progress.empty(); };
  CHECK(not_started(std::move(options), *store).code == Errc::cancelled);
  REQUIRE(progress.size() == 1);
  CHECK_THAT(progress[0], Catch::Contains("waiting for etcd"));
}

TEST_CASE("a start waits until etcd answers", "[etcd]") {
  if (etcd_program().empty()) return;
  EtcdMembers etcd(1);
  const StorePointer store = empty_store();
  (void)found_by(etcd, *store);
  etcd.kill(0);
  cluster::Options options = node_options(etcd);
  bool is_started = false;
  options.log = [&](const std::string&) {
    if (!std::exchange(is_started, true)) etcd.start(0); // on this thread, as start() promises
  };
  const TestNode a(std::move(options), *store);
}

TEST_CASE("a start reports a version of etcd that should be replaced", "[etcd]") {
  if (etcd_program().empty()) return;
  const EtcdMembers etcd(1);
  const StorePointer store = empty_store();
  (void)found_by(etcd, *store);
  cluster::Options options = node_options(etcd);
  std::vector<std::string> progress;
  options.log = [&](const std::string& text) { progress.push_back(text); };
  TestNode a(std::move(options), *store);
  a.wait_for([&] { return !a.node().health().log.version.empty(); });
  const std::string warning = log::etcd::judge_version(a.node().health().log.version).warning;
  CHECK(a.node().health().log.warning == warning);
  const bool is_reported = std::find(progress.begin(), progress.end(), warning) != progress.end();
  CHECK(is_reported == !warning.empty());
}

TEST_CASE("a node whose next entries were trimmed does not start", "[etcd]") {
  if (etcd_program().empty()) return;
  const EtcdMembers etcd(1);
  const StorePointer founder = empty_store();
  const store::ClusterId id = found_by(etcd, *founder);
  const StorePointer late = joining_store(id);
  TestNode a(node_options(etcd, "a"), *founder);
  boost::asio::io_context io;
  LogNode trimmer(io, LogNode::options("trimmer", etcd.endpoints()));
  REQUIRE(trimmer.join(""));
  REQUIRE(trimmer.trim(a.applied()));
  const cluster::Error error = not_started(node_options(etcd, "late"), *late);
  CHECK(error.code == Errc::too_far_behind);
  CHECK_THAT(error.message, Catch::Contains("restore a backup of another node"));
  const auto members = trimmer.members();
  REQUIRE(members);
  CHECK(members->size() == 2); // it has given its lease back
}

TEST_CASE("a node that has applied more than the log has does not start", "[etcd]") {
  if (etcd_program().empty()) return;
  const StorePointer store = empty_store();
  store::ClusterId id;
  {
    const EtcdMembers lost(1);
    id = found_by(lost, *store);
    TestNode a(node_options(lost), *store);
    for (int i = 0; i < 20; ++i)
      (void)a.write(store::entry::Claims{{{"nvr", 0}}});
  }
  const EtcdMembers etcd(1);
  boost::asio::io_context io;
  LogNode founder(io, LogNode::options("founder", etcd.endpoints()));
  REQUIRE(founder.found(id)); // as an etcd that was restored from an old copy
  CHECK(not_started(node_options(etcd), *store).code == Errc::log_too_short);
  const auto members = founder.members();
  REQUIRE(members);
  CHECK(members->empty());
}

TEST_CASE("options that etcd cannot be reached by are refused at once", "[cluster]") {
  const StorePointer store = joining_store(some_id);
  cluster::Options options;
  options.node = "no/name";
  options.etcd.cluster = {{{"127.0.0.1", 1}}, false, "fleet"};
  CHECK(not_started(std::move(options), *store).code == Errc::refused);
}

TEST_CASE("a node whose clock differs from the others' by more than five seconds does not join", "[etcd]") {
  if (etcd_program().empty()) return;
  TwoStores two;
  cluster::Options options = node_options(two.etcd);
  options.now = [] { return fleet::WallMillis{1'700'000'000'000}; };
  TestNode a(options, *two.a_store);
  store::LivenessRecord record;
  record.now = options.now();
  a.write(record);
  options.node = "b";
  SECTION("a little behind") {
    options.now = [] { return fleet::WallMillis{1'700'000'000'000 - 5'000}; };
    CHECK(Node::start(options, *two.b_store).has_value());
  }
  SECTION("behind") {
    options.now = [] { return fleet::WallMillis{1'700'000'000'000 - 61'000}; };
    const cluster::Error error = not_started(options, *two.b_store);
    CHECK(error.code == Errc::clock);
    CHECK_THAT(error.message, Catch::Contains("61 s behind the other servers'"));
  }
  SECTION("ahead of what they write next") {
    options.now = [] { return fleet::WallMillis{1'700'000'000'000 + 61'000}; };
    auto starting = std::async(std::launch::async, [&] { return Node::start(options, *two.b_store); });
    while (starting.wait_for(std::chrono::milliseconds(50)) != std::future_status::ready) {
      record.now += 10;
      a.write(record);
    }
    const auto started = starting.get();
    REQUIRE_FALSE(started.has_value());
    CHECK(started.error().code == Errc::clock);
    CHECK_THAT(started.error().message, Catch::Contains("s ahead of the other servers'"));
  }
  SECTION("ahead of what they wrote long ago") {
    options.now = [] { return fleet::WallMillis{1'700'000'000'000 + 61'000}; };
    CHECK(Node::start(options, *two.b_store).has_value()); // they write nothing: whose clock is wrong is not known
  }
}
