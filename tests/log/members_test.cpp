#include <catch2/catch.hpp>

#include "log/support/etcd_members.hpp"
#include "log/support/leader.hpp"
#include "log/support/log_node.hpp"

using namespace nvrhub;
using namespace nvrhub::tests;
using log::AppendError;

namespace {

void check_sequence(const LogNode& node, std::size_t count) {
  REQUIRE(node.entries.size() == count);
  for (std::size_t i = 0; i < count; ++i) {
    CHECK(node.entries[i].bytes == std::to_string(i));
    CHECK(node.entries[i].number == i + 1);
  }
}

} // namespace

TEST_CASE("the death of the leader loses, doubles and reorders nothing", "[etcd]") {
  if (etcd_program().empty()) return;
  EtcdMembers etcd(3);
  boost::asio::io_context io;
  LogNode a(io, LogNode::options("a", etcd.endpoints()));
  LogNode b(io, LogNode::options("b", etcd.endpoints()));
  a.join_and_follow();
  b.join_and_follow();
  std::vector<log::Position> positions;
  const auto append_some = [&](int count) {
    for (int i = 0; i < count; ++i)
      positions.push_back(a.append_surely(std::to_string(positions.size())));
  };
  append_some(20);
  std::size_t leader = wait_for_leader(io, etcd);
  a.append(std::to_string(positions.size())); // in flight when the leader dies
  io.restart();
  io.poll();
  etcd.kill(leader);
  run_until(io, [&] { return a.results.size() > positions.size(); });
  while (!a.results.back()) {
    REQUIRE(a.results.back().error().kind == AppendError::Kind::unknown);
    a.retry_and_wait();
  }
  positions.push_back(*a.results.back());
  append_some(20);
  etcd.start(leader);
  leader = wait_for_leader(io, etcd);
  etcd.freeze(leader); // nothing closes its connections
  append_some(20);
  run_until(io, [&] { return a.entries.size() == positions.size() && b.entries.size() == positions.size(); });
  check_sequence(a, positions.size());
  CHECK(a.entries == b.entries);
  for (std::size_t i = 0; i < positions.size(); ++i)
    CHECK(a.entries[i].position == positions[i]);
  etcd.thaw(leader);
}

TEST_CASE("without a majority appends are unknown, and go on when it is back", "[etcd]") {
  if (etcd_program().empty()) return;
  EtcdMembers etcd(3);
  boost::asio::io_context io;
  log::etcd::Options options = LogNode::options("a", etcd.endpoints());
  options.append_limit = std::chrono::milliseconds(500);
  LogNode a(io, options);
  a.join_and_follow();
  a.append_surely("0");
  a.append_surely("1");
  run_until(io, [&] { return a.log().health().has_leader; });
  etcd.kill(0);
  etcd.kill(2);
  CHECK(a.append_and_wait("2").error().kind == AppendError::Kind::unknown);
  CHECK(a.retry_and_wait().error().kind == AppendError::Kind::unknown);
  run_until(io, [&] { return !a.log().health().has_leader; });
  CHECK(!a.log().health().problem.empty());
  CHECK(a.entries.size() <= 3);

  etcd.start(0);
  etcd.start(2);
  auto result = a.retry_and_wait();
  while (!result && result.error().kind == AppendError::Kind::unknown)
    result = a.retry_and_wait();
  REQUIRE(result);
  a.append_surely("3");
  run_until(io, [&] { return a.log().health().has_leader && a.log().health().problem.empty(); });

  for (std::size_t i = 0; i < etcd.size(); ++i)
    etcd.kill(i); // a power cut of all
  for (std::size_t i = 0; i < etcd.size(); ++i)
    etcd.start(i);
  a.append_surely("4");
  run_until(io, [&] { return a.entries.size() == 5; });
  check_sequence(a, 5);
  CHECK(a.log().liveness().lease == log::Lease::alive);
  LogNode b(io, LogNode::options("b", etcd.endpoints()));
  b.follow(0);
  run_until(io, [&] { return b.entries.size() == 5; });
  CHECK(a.entries == b.entries);
}
