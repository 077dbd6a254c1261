#include <optional>
#include <string>

#include <catch2/catch.hpp>

#include "log/support/etcd_members.hpp"
#include "log/support/log_node.hpp"

using namespace nvrhub;
using namespace nvrhub::tests;

TEST_CASE("a cluster is founded once, where nothing is kept", "[etcd]") {
  if (etcd_program().empty()) return;
  EtcdMembers etcd(1);
  boost::asio::io_context io;
  LogNode a(io, LogNode::options("a", etcd.endpoints()));
  LogNode b(io, LogNode::options("b", etcd.endpoints()));
  CHECK(a.identity().value() == std::nullopt);
  std::optional<log::Result<void>> first;
  std::optional<log::Result<void>> second;
  a.log().found("1111111111111111", [&](const auto& done) { first = done; });
  b.log().found("2222222222222222", [&](const auto& done) { second = done; });
  run_until(io, [&] { return first && second; });
  REQUIRE(first->has_value() != second->has_value());
  const std::string winner = *first ? "1111111111111111" : "2222222222222222";
  const log::Error& refused = *first ? second->error() : first->error();
  CHECK(refused.code == log::Errc::taken);
  CHECK_THAT(refused.message, Catch::Contains(winner));
  const std::optional<log::Founded> founded = a.identity().value();
  REQUIRE(founded);
  CHECK(founded->identity == winner);
  CHECK(b.identity().value() == founded);
  CHECK(b.found(winner)); // the same again, as when an answer was lost
  CHECK(a.found("").error().code == log::Errc::invalid);
  CHECK(a.found(std::string(log::Log::max_identity + 1, 'x')).error().code == log::Errc::invalid);

  a.join_and_follow(); // the identity is no entry
  a.append_surely("first");
  run_until(io, [&] { return a.entries.size() == 1; });
  CHECK(a.entries[0].bytes == "first");
  LogNode late(io, LogNode::options("late", etcd.endpoints()));
  REQUIRE(a.trim(founded->position));
  late.follow(founded->position); // misses nothing
  run_until(io, [&] { return late.entries.size() == 1; });
}

TEST_CASE("no cluster is founded among the keys of others", "[etcd]") {
  if (etcd_program().empty()) return;
  EtcdMembers etcd(1);
  boost::asio::io_context io;
  LogNode other(io, LogNode::options("other", etcd.endpoints()));
  REQUIRE(other.join("a node without a cluster"));
  LogNode a(io, LogNode::options("a", etcd.endpoints()));
  const auto refused = a.found("1111111111111111");
  REQUIRE(!refused);
  CHECK(refused.error().code == log::Errc::taken);
  CHECK_THAT(refused.error().message, Catch::Contains("of no cluster"));
  CHECK(a.identity().value() == std::nullopt);

  log::etcd::Options beside = LogNode::options("a", etcd.endpoints());
  beside.cluster.prefix = "fleet2"; // only the slash shows that it is not a part of the other
  LogNode b(io, beside);
  CHECK(b.found("2222222222222222"));
}
