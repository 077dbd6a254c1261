// What becomes of the NVRs of a server of a cluster that is lost.
#include <algorithm>

#include <catch2/catch.hpp>

#include "actors/support/cluster.hpp"
#include "protocol/encode/encode.hpp"

using namespace nvrhub;
using namespace nvrhub::actors;
using namespace nvrhub::actors::test;

namespace {

/// Server 0 of three holds A, and is lost with lose().
struct LostNode {
  Cluster cluster{3};
  SocketPtr socket;

  LostNode() {
    cluster.register_nvr("A", {"c1"});
    socket = cluster[0].auth("A", report({{"c1", "online"}}));
    cluster.run();
    cluster[1].new_events();
  }

  void lose() {
    cluster.kill(0);
    cluster.pass(5s);
    for (const std::size_t i : {1, 2})
      cluster.answer_find_lost(i);
    cluster.run();
  }
};

} // namespace

TEST_CASE("cluster: the NVRs of a lost server are unconfirmed, and go offline once, when the grace is over") {
  LostNode lost;
  lost.lose();
  Cluster& cluster = lost.cluster;
  const fleet::NvrId id = cluster[1].nvr("A")->id;
  CHECK(cluster[1].shared->presence.unconfirmed(id));
  CHECK(cluster[2].shared->presence.unconfirmed(id));
  CHECK(cluster[1].new_events().empty());
  cluster.pass(80s);
  CHECK(cluster[1].new_events().empty());
  cluster.pass(15s);
  cluster.pass(15s);
  CHECK(cluster[1].new_events() == Texts{"nvr_offline A 1 node_lost"});
  CHECK_FALSE(cluster[2].shared->presence.unconfirmed(id));
  CHECK(cluster.difference().empty());
}

TEST_CASE("cluster: an NVR of a lost server that is back at another one within the grace stays online") {
  LostNode lost;
  lost.lose();
  Cluster& cluster = lost.cluster;
  const SocketPtr back = cluster[2].auth("A", report({{"c1", "online"}}));
  cluster.run();
  REQUIRE(back->session);
  CHECK_FALSE(cluster[1].shared->presence.unconfirmed(cluster[1].nvr("A")->id));
  for (int i = 0; i < 30; ++i)
    cluster.pass(5s);
  CHECK(cluster[1].new_events().empty());
  CHECK(cluster.difference().empty());
}

TEST_CASE("cluster: open dashboards show that the NVRs of a lost server are unconfirmed, and that they are back") {
  LostNode lost;
  Cluster& cluster = lost.cluster;
  World& world = cluster[1];
  const auto subscribe = [&](bool problems, protocol::Detail detail, bool is_summary = false) {
    protocol::Subscribe request;
    request.filter.problems = problems;
    request.detail = detail;
    request.summary = is_summary;
    return world.subscribe(request);
  };
  const auto with_problems = subscribe(true, protocol::Detail::camera);
  const auto with_counts = subscribe(false, protocol::Detail::counts);
  const auto plain = subscribe(false, protocol::Detail::camera);
  const auto counted = subscribe(false, protocol::Detail::camera, true);
  cluster.pass(1s);
  const auto received = [&](const auto& dashboard) -> Texts& {
    return world.publisher->streams[dashboard->joins.at(0).stream];
  };
  const auto shows_entered = [](const std::string& text) {
    return text.find("\"kind\":\"entered\"") != std::string::npos &&
           text.find("\"unconfirmed\":true") != std::string::npos;
  };
  lost.lose();
  cluster.pass(1s);
  REQUIRE(received(with_problems).size() == 1);
  CHECK(shows_entered(received(with_problems).front()));
  REQUIRE(received(with_counts).size() == 1);
  CHECK(shows_entered(received(with_counts).front()));
  CHECK(received(plain).empty()); // `unconfirmed` is not part of what it follows
  const fleet::Seq head = world.shared->head;
  CHECK(received(counted).back() == protocol::encode(protocol::Summary{head, 1, 0, 1, 1, 0, 0}));

  cluster[2].auth("A", report({{"c1", "online"}}));
  cluster.pass(1s);
  CHECK(received(with_problems).back().find("\"kind\":\"left\"") != std::string::npos);
  CHECK(received(with_counts).back() == R"({"type":"confirmed","nvr_ids":[1]})");
  CHECK(received(counted).back() == protocol::encode(protocol::Summary{head, 1, 0, 0, 1, 0, 0}));
  CHECK(world.shared->head == head);
}
