// Servers of a cluster: each change is appended to the log, and all apply it.
#include <algorithm>
#include <random>

#include <catch2/catch.hpp>

#include "actors/support/cluster.hpp"
#include "store/support/stores.hpp"

using namespace nvrhub;
using namespace nvrhub::actors;
using namespace nvrhub::actors::test;
using nvrhub::test::good;

TEST_CASE("cluster: a report is acked when the log has delivered it, and every server shows it") {
  Cluster cluster(3);
  cluster.register_nvr("A", {"c1", "c2"});
  const SocketPtr socket = cluster[0].auth("A", report({{"c1", "online"}, {"c2", "online"}}));
  cluster.run();
  REQUIRE(socket->session);
  CHECK(socket->texts == Texts{auth_ok("A", *socket, 2)});
  for (std::size_t i = 0; i < cluster.size(); ++i) {
    CHECK(cluster[i].new_events() == Texts{"nvr_online A 2 c1=online c2=online"});
    CHECK(cluster[i].publisher->legacy.size() == 1);
  }

  cluster[0].heartbeat(*socket, report({{"c1", "offline"}}), "7");
  cluster.handle();
  CHECK(socket->texts.size() == 1);
  CHECK(cluster[0].new_events().empty());
  cluster.run();
  CHECK(socket->texts.back() == ack("7", 3, 1));
  for (std::size_t i = 0; i < cluster.size(); ++i)
    CHECK(cluster[i].new_events() == Texts{"cameras A 1 c1=offline"});
  CHECK(cluster.difference().empty());
}

TEST_CASE("cluster: a session at another server replaces that of the first, without an offline") {
  Cluster cluster(2);
  cluster.register_nvr("A", {"c1"});
  const SocketPtr old = cluster[0].auth("A", report({{"c1", "online"}}));
  cluster.run();
  cluster[0].new_events();
  const SocketPtr now = cluster[1].auth("A", report({{"c1", "online"}}));
  cluster.run();
  CHECK(old->closes == std::vector{protocol::CloseCode::replaced});
  REQUIRE(now->session);
  CHECK(now->number > old->number);
  cluster[0].close(*old);
  cluster.run();
  CHECK(cluster[0].new_events().empty());
  CHECK(cluster[0].state("A") == "online c1=online");
  CHECK(cluster[0].nvr_actors() == 0);
  CHECK(cluster.difference().empty());
}

TEST_CASE("cluster: a report of a session that was replaced meanwhile is not acked") {
  Cluster cluster(2);
  cluster.register_nvr("A", {"c1"});
  const SocketPtr old = cluster[0].auth("A", report({{"c1", "online"}}));
  cluster.run();
  old->texts.clear();
  cluster[0].heartbeat(*old, report({{"c1", "offline"}}), "1");
  const SocketPtr now = cluster[1].auth("A", report({{"c1", "online"}}));
  cluster.handle(); // both have appended
  REQUIRE(cluster.deliver(1));
  cluster.run();
  CHECK(old->closes.front() == protocol::CloseCode::replaced);
  CHECK(std::none_of(old->texts.begin(), old->texts.end(),
                     [](const std::string& text) { return text.find("\"ack\"") != std::string::npos; }));
  CHECK(cluster[0].state("A") == "online c1=online");
  REQUIRE(now->session);
  CHECK(cluster.difference().empty());
}

TEST_CASE("cluster: a change over HTTP at another server is not undone by what a session repeats") {
  Cluster cluster(2);
  cluster.register_nvr("A", {"c1", "c2"});
  const SocketPtr socket = cluster[0].auth("A", report({{"c1", "online"}, {"c2", "online"}}));
  cluster.run();
  cluster[0].heartbeat(*socket, report({{"c1", "online"}, {"c2", "online"}}));
  cluster.run();
  CHECK(socket->repeatable_id != 0);
  const auto replies = cluster[1].operate("A", SetCameraStatus{"c1", *fleet::Status::parse("tampered")});
  cluster.run();
  REQUIRE(replies->size() == 1);
  CHECK(replies->front());
  CHECK(socket->repeatable_id == 0); // the next report is reconciled with the new state
  CHECK(cluster[0].state("A") == "online c1=tampered/manual c2=online");
  cluster[0].heartbeat(*socket, report({{"c2", "offline"}}));
  cluster.run();
  CHECK(cluster[1].state("A") == "online c1=tampered/manual c2=offline");
  CHECK(cluster.difference().empty());
}

TEST_CASE("cluster: a removal or rename at another server closes the session") {
  Cluster cluster(2);
  cluster.register_nvr("A", {"c1"});
  const SocketPtr socket = cluster[0].auth("A", report({{"c1", "online"}}));
  cluster.run();
  SECTION("removal") {
    cluster[1].operate("A", RemoveNvr{});
    cluster.run();
    CHECK(cluster[0].state("A") == "none");
    CHECK_FALSE(cluster[0].shared->hostnames.contains("A"));
  }
  SECTION("rename") {
    cluster[1].operate("A", Rename{"B"});
    cluster.run();
    CHECK(cluster[0].state("B") == "online c1=online");
    CHECK_FALSE(cluster[0].shared->hostnames.contains("A"));
    CHECK(cluster[0].shared->hostnames.contains("B"));
  }
  CHECK(socket->closes == std::vector{protocol::CloseCode::unknown_hostname});
  CHECK(cluster[0].nvr_actors() == 0);
  CHECK(cluster.difference().empty());
}

TEST_CASE("cluster: two servers change one NVR at once, and both changes last") {
  Cluster cluster(2);
  cluster.register_nvr("A", {"c1", "c2"});
  const auto one = cluster[0].operate("A", SetCameraStatus{"c1", *fleet::Status::parse("tampered")});
  const auto two = cluster[1].operate("A", SetCameraStatus{"c2", *fleet::Status::parse("blocked")});
  cluster.run();
  REQUIRE(one->size() == 1);
  REQUIRE(two->size() == 1);
  CHECK(one->front());
  CHECK(two->front());
  CHECK(cluster[0].nvr("A")->find("c1")->status == *fleet::Status::parse("tampered"));
  CHECK(cluster[0].nvr("A")->find("c2")->status == *fleet::Status::parse("blocked"));
  CHECK(cluster.difference().empty());
}

TEST_CASE("cluster: a change that is larger than an entry of the log is appended in parts") {
  Settings settings = unpaced();
  settings.max_cameras = 10'000;
  Cluster cluster(2, settings);
  std::vector<std::string> cameras;
  for (std::size_t i = 0; i < settings.max_cameras; ++i)
    cameras.push_back(std::to_string(i) + std::string(120, 'x'));
  cluster.register_nvr("A", {"door"});
  const std::uint64_t before = cluster.node(0).entries;
  cluster[0].ingest("B", cameras);
  const SocketPtr socket = cluster[1].auth("A", report({{"door", "online"}})); // its entries come in between
  cluster.run();
  CHECK(socket->session);
  CHECK(cluster.node(0).entries >= before + 2);
  const store::Snapshot snapshot = good(cluster.node(1).machine->data->snapshot());
  REQUIRE(good(snapshot.id_of("B")));
  CHECK(good(snapshot.nvr(*good(snapshot.id_of("B"))))->cameras.size() == cameras.size());
  CHECK(cluster.difference().empty());
}

TEST_CASE("cluster: two servers register one hostname at once, and one NVR results") {
  Cluster cluster(2);
  const auto one = cluster[0].ingest("A", {"c1"});
  const auto two = cluster[1].ingest("A", {"c2"});
  cluster.run();
  REQUIRE(one->size() == 1);
  REQUIRE(two->size() == 1);
  CHECK(one->front());
  CHECK(two->front());
  CHECK(cluster[0].nvr("A")->cameras.size() == 2);
  CHECK(cluster.difference().empty());
}

TEST_CASE("cluster: the log is trimmed up to what all have applied, ten minutes later, by one server") {
  Cluster cluster(2);
  cluster.register_nvr("A", {"c1"});
  cluster.pass(5s);
  const store::LogPosition applied = cluster.position();
  for (int i = 0; i < 119; ++i)
    cluster.pass(5s);
  CHECK(cluster.node(0).trimmed == 0);
  cluster.pass(15s);
  CHECK(cluster.node(0).trimmed > 0);
  CHECK(cluster.node(0).trimmed <= applied + 10);
  CHECK(cluster.node(1).trimmed == 0);
  const store::LogPosition before = cluster.node(0).trimmed;
  cluster.hold(1); // it applies nothing more
  for (int i = 0; i < 300; ++i)
    cluster.pass(5s);
  CHECK(cluster.node(0).trimmed > before);
  CHECK(cluster.node(0).trimmed < cluster.position() - 200);
}

TEST_CASE("cluster: a dashboard that comes from a server that is ahead waits, and misses nothing") {
  Cluster cluster(2);
  cluster.register_nvr("A", {"c1"});
  const SocketPtr socket = cluster[0].auth("A", report({{"c1", "online"}}));
  cluster.run();
  cluster.hold(1);
  cluster[0].heartbeat(*socket, report({{"c1", "offline"}}));
  cluster.run();
  protocol::Subscribe request;
  request.since = {nvrhub::test::good(nvrhub::test::good(cluster[1].data().snapshot()).epoch()), 3};
  const auto dashboard = cluster[1].subscribe(request);
  cluster.pass(1s);
  CHECK(dashboard->joins.empty());
  SECTION("this server catches up") {
    cluster.release(1);
    cluster.pass(1s);
    REQUIRE(dashboard->joins.size() == 1);
    CHECK(dashboard->joins.front().subscribed->find("\"recovered\":true") != std::string::npos);
  }
  SECTION("it does not, or the position is made up") {
    cluster.pass(5s);
    REQUIRE(dashboard->joins.size() == 1);
    CHECK(dashboard->joins.front().subscribed->find("\"recovered\":false") != std::string::npos);
  }
}

TEST_CASE("cluster: a server that has lost its lease acks nothing and refuses everything") {
  Cluster cluster(2);
  cluster.register_nvr("A", {"c1"});
  const SocketPtr socket = cluster[0].auth("A", report({{"c1", "online"}}));
  cluster.run();
  socket->texts.clear();
  cluster[0].heartbeat(*socket, report({{"c1", "offline"}}), "1");
  const auto replies = cluster[0].operate("A", SetCameraStatus{"c1", *fleet::Status::parse("tampered")});
  const SocketPtr other = cluster[0].auth("A");
  cluster.handle();
  cluster.kill(0);
  cluster.run();
  REQUIRE(replies->size() == 1);
  CHECK_FALSE(replies->front());
  CHECK(std::none_of(socket->texts.begin(), socket->texts.end(),
                     [](const std::string& text) { return text.find("\"ack\"") != std::string::npos; }));
  CHECK_FALSE(other->closes.empty());
  CHECK(cluster[1].state("A") == "online c1=online");
}

TEST_CASE("cluster: two devices with one hostname at two servers are slowed down, and shown as a conflict") {
  Cluster cluster(2);
  cluster.register_nvr("A", {"c1"});
  std::size_t accepted = 0;
  SocketPtr refused;
  while (!refused && accepted < 20) {
    const SocketPtr socket = cluster[accepted % 2].auth("A", report({{"c1", "online"}}));
    cluster.run();
    socket->session ? static_cast<void>(++accepted) : static_cast<void>(refused = socket);
  }
  REQUIRE(refused);
  CHECK(accepted == 10); // the first server has lost five
  CHECK(refused->closes == std::vector{protocol::CloseCode::too_slow});
  CHECK(refused->texts.front().find("\"retry_after\":60") != std::string::npos);
  CHECK(cluster[0].new_events().back().starts_with("conflict A"));
  cluster.pass(61s);
  const SocketPtr later = cluster[accepted % 2].auth("A", report({{"c1", "online"}}));
  cluster.run();
  CHECK(later->session);
  CHECK(cluster.difference().empty());
}

TEST_CASE("cluster: whatever the order of messages and deliveries, all servers hold the same") {
  const auto seed = GENERATE(range(1U, 25U));
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const auto below = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random); };
  const std::vector<std::string> names{"A", "B", "C"};
  const std::vector<std::string> statuses{"online", "offline", "tampered"};
  Cluster cluster(3);
  for (const std::string& name : names)
    cluster.register_nvr(name, {"c1", "c2"});
  std::vector<std::pair<std::size_t, SocketPtr>> sockets;
  std::vector<std::shared_ptr<Replies>> replies;
  const auto cameras = [&] { return report({{"c1", statuses[below(3)].c_str()}, {"c2", statuses[below(3)].c_str()}}); };
  std::size_t killed = cluster.size(); // none
  for (int step = 0; step < 200; ++step) {
    const std::size_t node = below(3);
    if (step == 120 && seed % 2 == 0) cluster.kill(killed = below(3));
    if (step > 120 && node == killed) continue;
    switch (below(9)) {
    case 0:
    case 1:
      sockets.emplace_back(node, cluster[node].auth(names[below(3)], cameras()));
      break;
    case 2:
    case 3:
      if (!sockets.empty()) {
        const auto& [at, socket] = sockets[below(sockets.size())];
        cluster[at].heartbeat(*socket, cameras(), std::to_string(step));
      }
      break;
    case 4:
      if (!sockets.empty()) {
        const auto closing = sockets.begin() + static_cast<std::ptrdiff_t>(below(sockets.size()));
        cluster[closing->first].close(*closing->second);
        sockets.erase(closing);
      }
      break;
    case 5:
      replies.push_back(
          cluster[node].operate(names[below(3)], SetCameraStatus{"c1", *fleet::Status::parse(statuses[below(3)])}));
      break;
    case 6:
      for (std::size_t i = below(20); i > 0 && cluster[node].step(); --i) {
      }
      break;
    case 7:
      cluster.deliver(node);
      break;
    case 8:
      if (below(4) == 0) cluster.pass(5s);
      cluster.answer_find_lost(node);
      break;
    }
  }
  cluster.run();
  CHECK(cluster.difference().empty());
  for (const auto& reply : replies)
    CHECK(reply->size() == 1);
  const std::size_t alive = killed == 0 ? 1 : 0;
  const Texts events = cluster[alive].events();
  for (std::size_t i = 0; i < cluster.size(); ++i)
    if (i != killed) CHECK(cluster[i].events() == events);
  // An open session is the newest of its NVR: all others were closed.
  for (const auto& [at, socket] : sockets) {
    if (at == killed || !socket->session || !socket->closes.empty()) continue;
    const auto is_newest = [&](const std::string& name) {
      const auto nvr = cluster[at].nvr(name);
      return nvr && nvr->session == socket->number;
    };
    CHECK(std::any_of(names.begin(), names.end(), is_newest));
  }
}
