#include <algorithm>

#include <catch2/catch.hpp>

#include "log/etcd/client.hpp"
#include "log/etcd/keys.hpp"
#include "log/etcd/messages.hpp"
#include "log/etcd/methods.hpp"
#include "log/support/etcd_members.hpp"
#include "log/support/log_node.hpp"

using namespace nvrhub;
using namespace nvrhub::tests;
using log::AppendError;
using log::Position;

// Conformance of the port with real members of etcd. Every test has an etcd of its own.

TEST_CASE("every follower sees all entries, in one order and once", "[etcd]") {
  if (etcd_program().empty()) return;
  EtcdMembers etcd(1);
  boost::asio::io_context io;
  LogNode a(io, LogNode::options("a", etcd.endpoints()));
  LogNode b(io, LogNode::options("b", etcd.endpoints()));
  a.join_and_follow();
  b.join_and_follow();
  constexpr std::size_t count = 100;
  std::size_t started = 0;
  while (started < count) { // both at once, so that the engine decides on the order
    const std::string bytes = std::string(started * 97, 'x') + std::to_string(started);
    ++started;
    a.append("a" + bytes);
    b.append("b" + bytes);
    run_until(io, [&] { return a.results.size() == started && b.results.size() == started; });
  }
  run_until(io, [&] { return a.entries.size() == 2 * count && b.entries.size() == 2 * count; });
  CHECK(a.entries == b.entries);
  for (const LogNode* node : {&a, &b}) {
    const std::string name = node == &a ? "a" : "b";
    std::vector<LogNode::Seen> own;
    for (const LogNode::Seen& entry : a.entries) {
      if (entry.origin == name) own.push_back(entry);
    }
    REQUIRE(own.size() == count);
    for (std::size_t i = 0; i < count; ++i) {
      CHECK(own[i].number == i + 1);
      CHECK(own[i].bytes == name + std::string(i * 97, 'x') + std::to_string(i));
      CHECK(node->results[i].value() == own[i].position);
    }
  }
  for (std::size_t i = 1; i < a.entries.size(); ++i)
    CHECK(a.entries[i - 1].position < a.entries[i].position);
}

TEST_CASE("the largest entry passes, a larger one is refused without a trace", "[etcd]") {
  if (etcd_program().empty()) return;
  EtcdMembers etcd(1);
  boost::asio::io_context io;
  LogNode a(io, LogNode::options("a", etcd.endpoints()));
  a.join_and_follow();
  const auto refused = a.append_and_wait(std::string(log::Log::max_entry + 1, 'x'));
  REQUIRE(!refused);
  CHECK(refused.error().kind == AppendError::Kind::invalid);
  const std::string largest(log::Log::max_entry, 'x');
  a.append_surely(largest);
  a.append_surely("after it");
  run_until(io, [&] { return a.entries.size() == 2; });
  CHECK(a.entries[0].bytes == largest);
  CHECK(a.entries[1].number == 2);
}

TEST_CASE("calls out of turn are refused", "[etcd]") {
  if (etcd_program().empty()) return;
  EtcdMembers etcd(1);
  boost::asio::io_context io;
  LogNode a(io, LogNode::options("a", etcd.endpoints()));
  CHECK(a.append_and_wait("before join").error().kind == AppendError::Kind::invalid);
  CHECK(a.trim(1).error().code == log::Errc::invalid);
  CHECK(a.leave().error().code == log::Errc::invalid);
  REQUIRE(a.join("once"));
  CHECK(a.join("twice").error().code == log::Errc::invalid);
  CHECK(a.retry_and_wait().error().kind == AppendError::Kind::invalid);
  a.append("first");
  CHECK(a.append_and_wait("at the same time").error().kind == AppendError::Kind::invalid);
  run_until(io, [&] { return a.results.size() == 4; });
  CHECK(a.results.back());
}

TEST_CASE("a follower resumes after a position, without a gap or a repeat", "[etcd]") {
  if (etcd_program().empty()) return;
  EtcdMembers etcd(1);
  boost::asio::io_context io;
  LogNode a(io, LogNode::options("a", etcd.endpoints()));
  a.join_and_follow();
  for (int i = 0; i < 20; ++i)
    a.append_surely(std::to_string(i));
  run_until(io, [&] { return a.entries.size() == 20; });
  LogNode b(io, LogNode::options("b", etcd.endpoints()));
  b.follow(a.entries[6].position); // needs no lease
  a.append_surely("after");
  run_until(io, [&] { return b.entries.size() == 14 && a.entries.size() == 21; });
  CHECK(std::equal(b.entries.begin(), b.entries.end(), a.entries.begin() + 7));
  CHECK(b.log().health().followed == a.log().health().followed);
}

TEST_CASE("a paused follower is given nothing more until it resumes", "[etcd]") {
  if (etcd_program().empty()) return;
  EtcdMembers etcd(1);
  boost::asio::io_context io;
  LogNode a(io, LogNode::options("a", etcd.endpoints()));
  LogNode b(io, LogNode::options("b", etcd.endpoints()));
  REQUIRE(a.join("a"));
  b.follow(0);
  b.log().pause(true);
  const std::string bytes(500'000, 'x');
  for (int i = 0; i < 40; ++i)
    a.append_surely(bytes); // more than windows and socket buffers hold
  CHECK(b.entries.empty());
  b.log().pause(false);
  run_until(io, [&] { return b.entries.size() == 40; });
}

TEST_CASE("trimmed entries are gone, and who needs them is told", "[etcd]") {
  if (etcd_program().empty()) return;
  EtcdMembers etcd(1);
  boost::asio::io_context io;
  const auto ended_options = LogNode::options("ended", etcd.endpoints());
  LogNode ended(io, ended_options);
  REQUIRE(ended.join(""));
  ended.append_surely("last words");
  REQUIRE(ended.leave());
  LogNode a(io, LogNode::options("a", etcd.endpoints()));
  a.join_and_follow();
  std::vector<Position> positions;
  for (int i = 0; i < 20; ++i)
    positions.push_back(a.append_surely(std::to_string(i)));
  REQUIRE(a.trim(positions[9]));
  REQUIRE(a.trim(positions[9])); // a repeated trim does nothing

  LogNode late(io, LogNode::options("late", etcd.endpoints()));
  late.follow(positions[2]);
  run_until(io, [&] { return late.too_far_behind.has_value(); });
  CHECK(late.too_far_behind == positions[9]);
  CHECK(late.entries.empty());
  CHECK_THAT(late.log().health().problem, Catch::Contains("too far behind"));

  LogNode current(io, LogNode::options("current", etcd.endpoints()));
  current.follow(positions[9]);
  run_until(io, [&] { return current.entries.size() == 10; });
  CHECK(current.entries.front().bytes == "10");

  REQUIRE(a.trim(positions[3])); // less than before: nothing comes back
  std::optional<log::LastEntries> last;
  a.log().last_entries([&](const auto& read) { last = read.value(); });
  run_until(io, [&] { return last.has_value(); });
  CHECK(last->trimmed == positions[9]);
  CHECK(last->is_complete);
  REQUIRE(last->numbers.size() == 1);
  CHECK(last->numbers[0].origin.node == "a");
  CHECK(last->numbers[0].number == 20);

  // The log key of the origin that has ended is gone, the one of `a` is not.
  const log::etcd::Keys keys("fleet");
  log::etcd::RangeRequest request;
  request.key = keys.logs();
  request.range_end = log::etcd::prefix_end(keys.logs());
  std::vector<std::string> left;
  bool answered = false;
  log::etcd::Client client(io, {etcd.endpoints(), nullptr}, {}, std::chrono::seconds(1));
  client.call(log::etcd::methods::range, encode(request), log::etcd::Client::forever, [&](const auto& answer) {
    const auto range = log::etcd::decode_range(answer->message);
    for (const auto& kv : range->kvs)
      left.push_back(keys.parse(kv.key)->origin.node);
    answered = true;
  });
  run_until(io, [&] { return answered; });
  CHECK(left == std::vector<std::string>{"a"});
  REQUIRE(a.trim(positions.back()));
  CHECK(a.append_surely("after") > positions.back()); // which needs its log key, trimmed or not
  CHECK(a.trim(0).error().code == log::Errc::invalid);
  CHECK(a.trim(1'000'000).error().code == log::Errc::refused); // there is no such position yet
}

TEST_CASE("a follower that would miss only a notice is told as well", "[etcd]") {
  if (etcd_program().empty()) return;
  EtcdMembers etcd(1);
  boost::asio::io_context io;
  LogNode leaving(io, LogNode::options("leaving", etcd.endpoints()));
  LogNode a(io, LogNode::options("a", etcd.endpoints()));
  a.join_and_follow();
  REQUIRE(leaving.join(""));
  const Position before = leaving.append_surely("last words");
  REQUIRE(leaving.leave());
  run_until(io, [&] { return a.has_vanished("leaving"); });
  const Position vanished = a.log().health().followed;
  REQUIRE(vanished == before + 1);
  a.append_surely("after");
  REQUIRE(a.trim(vanished));

  LogNode late(io, LogNode::options("late", etcd.endpoints()));
  late.follow(before);
  run_until(io, [&] { return late.too_far_behind.has_value(); });
  LogNode current(io, LogNode::options("current", etcd.endpoints()));
  current.follow(vanished);
  run_until(io, [&] { return !current.entries.empty(); });
  CHECK(current.entries[0].bytes == "after");
  CHECK(current.vanished.empty());
}
