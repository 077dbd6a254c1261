#include <utility>

#include <catch2/catch.hpp>

#include "log/support/etcd_members.hpp"
#include "log/support/log_node.hpp"

using namespace nvrhub;
using namespace nvrhub::tests;
using log::AppendError;
using log::Lease;

TEST_CASE("a node that was paused beyond its lease changes nothing any more", "[etcd]") {
  if (etcd_program().empty()) return;
  EtcdMembers etcd(1);
  boost::asio::io_context io;
  boost::asio::io_context paused_io; // runs only when the test lets it: a node that is paused
  log::etcd::Options options = LogNode::options("paused", etcd.endpoints());
  options.lease = std::chrono::seconds(3); // the test may stall for so long before the pause
  LogNode paused(paused_io, options);
  LogNode other(io, LogNode::options("other", etcd.endpoints()));
  CHECK(paused.log().liveness().lease == Lease::none);
  REQUIRE(paused.join("paused"));
  CHECK(paused.log().liveness().lease == Lease::alive);
  CHECK(paused.log().liveness().left > std::chrono::seconds(0));
  paused.append_surely("before");
  other.join_and_follow();

  run_until(io, [&] { return other.has_vanished("paused"); });
  CHECK(paused.log().liveness().lease == Lease::unconfirmed); // it judges so without a word from etcd
  other.append_surely("between");
  const auto refused = paused.append_and_wait("after");
  REQUIRE(!refused);
  CHECK(refused.error().kind == AppendError::Kind::refused);
  CHECK(paused.log().liveness().lease == Lease::lost);
  CHECK(paused.append_and_wait("and again").error().kind == AppendError::Kind::refused);
  CHECK(paused.trim(1).error().code == log::Errc::fenced);

  // As a new origin it may.
  LogNode again(io, LogNode::options("paused", etcd.endpoints()));
  REQUIRE(again.join("again"));
  again.append_surely("as a new origin");
  run_until(io, [&] { return other.entries.size() == 3; });
  CHECK(other.entries[0].bytes == "before");
  CHECK(other.entries[1].bytes == "between");
  CHECK(other.entries[2].bytes == "as a new origin");
  CHECK(other.entries[2].number == 1);
}

TEST_CASE("a node that leaves vanishes at one place between the entries, and its boot is used", "[etcd]") {
  if (etcd_program().empty()) return;
  EtcdMembers etcd(1);
  boost::asio::io_context io;
  const log::etcd::Options options = LogNode::options("leaving", etcd.endpoints());
  LogNode leaving(io, options);
  LogNode other(io, LogNode::options("other", etcd.endpoints()));
  leaving.join_and_follow();
  other.join_and_follow();
  leaving.append_surely("last words");
  const auto members = other.members();
  REQUIRE(members);
  REQUIRE(members->size() == 2);
  CHECK((*members)[0].origin == options.origin);
  CHECK((*members)[0].announcement == "announcement of a node");
  CHECK((*members)[0].joined < (*members)[1].joined);

  REQUIRE(leaving.leave());
  CHECK(leaving.log().liveness().lease == Lease::lost);
  run_until(io, [&] { return other.has_vanished("leaving"); });
  CHECK(other.entries.size() == 1);
  CHECK(other.joined.size() == 2);
  CHECK(leaving.append_and_wait("after leaving").error().kind == AppendError::Kind::refused);

  LogNode again(io, options);
  const auto taken = again.join("with the same boot");
  REQUIRE(!taken);
  CHECK(taken.error().code == log::Errc::taken);
}

TEST_CASE("a lease is alive while keep-alives are answered, and unconfirmed while they are not", "[etcd]") {
  if (etcd_program().empty()) return;
  EtcdMembers etcd(1);
  boost::asio::io_context io;
  log::etcd::Options options = LogNode::options("a", etcd.endpoints());
  options.lease = std::chrono::seconds(4);
  LogNode a(io, options);
  a.join_and_follow();
  auto left = a.log().liveness().left;
  run_until(io, [&] { return a.log().liveness().left > std::exchange(left, a.log().liveness().left); }); // a keep-alive
  CHECK(left <= options.lease);
  etcd.kill(0);
  run_until(io, [&] { return a.log().liveness().lease == Lease::unconfirmed; });
  run_until(io, [&] { return !a.log().health().has_leader; });
  CHECK_THAT(a.log().health().problem, Catch::Contains("etcd does not answer"));
  etcd.start(0); // a lease begins anew when etcd elects a leader
  run_until(io, [&] { return a.log().liveness().lease == Lease::alive; });
  run_until(io, [&] { return a.log().health().has_leader && a.log().health().problem.empty(); });
  CHECK(a.log().health().version.starts_with("3."));
  a.append_surely("again");
  run_until(io, [&] { return a.entries.size() == 1; });
}
