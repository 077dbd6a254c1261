#include <random>

#include <catch2/catch.hpp>

#include "log/support/etcd_members.hpp"
#include "log/support/faulty_proxy.hpp"
#include "log/support/log_node.hpp"

using namespace nvrhub;
using namespace nvrhub::tests;
using log::AppendError;

namespace {

/// A writer that reaches etcd through the proxy only, and a follower that does not need it.
struct Pair {
  explicit Pair(std::chrono::milliseconds append_limit)
      : etcd(1), proxy(io, etcd.endpoint(0)), writer(io, options(append_limit)),
        follower(io, LogNode::options("follower", etcd.endpoints())) {
    REQUIRE(writer.join("writer"));
    follower.follow(0);
  }

  log::etcd::Options options(std::chrono::milliseconds append_limit) const {
    log::etcd::Options options = LogNode::options("writer", {proxy.endpoint()});
    options.attempt = std::chrono::milliseconds(150);
    options.append_limit = append_limit;
    return options;
  }

  EtcdMembers etcd;
  boost::asio::io_context io;
  FaultyProxy proxy;
  LogNode writer;
  LogNode follower;
};

} // namespace

TEST_CASE("an append whose answers are lost or whose requests are late is applied once", "[etcd]") {
  if (etcd_program().empty()) return;
  Pair pair(std::chrono::seconds(2));
  std::mt19937 random(Catch::rngSeed());
  constexpr std::size_t count = 15;
  std::vector<log::Position> positions;
  for (std::size_t i = 0; i < count; ++i) {
    const auto fault = random() % 3;
    if (fault == 1) pair.proxy.lose_answers();
    if (fault == 2) pair.proxy.hold_requests();
    positions.push_back(pair.writer.append_surely(std::to_string(i)));
    if (random() % 2 == 0) pair.proxy.release(); // else it comes after later appends
  }
  pair.proxy.release();
  positions.push_back(pair.writer.append_surely("last"));
  run_until(pair.io, [&] { return !pair.follower.entries.empty() && pair.follower.entries.back().bytes == "last"; });
  REQUIRE(pair.follower.entries.size() == count + 1);
  for (std::size_t i = 0; i <= count; ++i) {
    CHECK(pair.follower.entries[i].bytes == (i < count ? std::to_string(i) : "last"));
    CHECK(pair.follower.entries[i].number == i + 1);
    CHECK(pair.follower.entries[i].position == positions[i]);
  }
}

TEST_CASE("an append without an answer is unknown, and asking again tells that it was applied", "[etcd]") {
  if (etcd_program().empty()) return;
  Pair pair(std::chrono::milliseconds(0)); // one attempt
  pair.writer.append_surely("before");
  pair.proxy.lose_answers();
  const auto unknown = pair.writer.append_and_wait("lost");
  REQUIRE(!unknown);
  CHECK(unknown.error().kind == AppendError::Kind::unknown);
  CHECK_THAT(unknown.error().text, Catch::Contains("no answer within 150 ms"));
  run_until(pair.io, [&] { return pair.follower.entries.size() == 2; }); // it was applied
  CHECK(pair.writer.append_and_wait("another").error().kind == AppendError::Kind::invalid);
  auto found = pair.writer.retry_and_wait();
  while (!found)
    found = pair.writer.retry_and_wait();
  CHECK(*found == pair.follower.entries[1].position);
  pair.writer.append_surely("after");
  run_until(pair.io, [&] { return pair.follower.entries.size() == 3; });
  CHECK(pair.follower.entries[1].bytes == "lost");
  CHECK(pair.follower.entries[2].bytes == "after");
}

TEST_CASE("an append that was applied before the fence was lost has its position", "[etcd]") {
  if (etcd_program().empty()) return;
  Pair pair(std::chrono::milliseconds(0));
  pair.proxy.lose_answers();
  REQUIRE(!pair.writer.append_and_wait("lost"));
  run_until(pair.io, [&] { return pair.follower.entries.size() == 1; });
  auto left = pair.writer.leave();
  while (!left)
    left = pair.writer.leave();
  auto found = pair.writer.retry_and_wait();
  while (!found && found.error().kind == AppendError::Kind::unknown)
    found = pair.writer.retry_and_wait();
  REQUIRE(found);
  CHECK(*found == pair.follower.entries[0].position);
  const auto refused = pair.writer.append_and_wait("after");
  REQUIRE(!refused);
  CHECK(refused.error().kind == AppendError::Kind::refused);
}
