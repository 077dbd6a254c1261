#include <catch2/catch.hpp>

#include <caf/send.hpp>

#include "actors/fanout/fanout_actor.hpp"
#include "actors/support/online.hpp"
#include "protocol/encode/encode.hpp"
#include "store/support/stores.hpp"

using namespace nvrhub;
using namespace nvrhub::actors;
using namespace nvrhub::actors::test;

namespace {

using Request = protocol::Subscribe;
using nvrhub::test::good;

Request all() {
  return {};
}

Request problems(protocol::Detail detail = protocol::Detail::camera) {
  Request request;
  request.filter.problems = true;
  request.detail = detail;
  return request;
}

Request summary(fleet::Filter filter = {}) {
  Request request;
  request.filter = std::move(filter);
  request.summary = true;
  return request;
}

Request since(const World& world, fleet::Seq seq, Request request = {}) {
  const auto snapshot = good(const_cast<World&>(world).data().snapshot());
  request.since = protocol::Position{good(snapshot.epoch()), seq};
  return request;
}

std::string subscribed(World& world, fleet::Seq seq, bool recovered) {
  return protocol::encode_subscribed(good(good(world.data().snapshot()).epoch()), seq, recovered) + "\n";
}

/// What the dashboard's stream has brought, in the order of publication.
Texts& received(World& world, const Dashboard& dashboard) {
  return world.publisher->streams[dashboard.joins.back().stream];
}

/// "3-4 cameras,nvr_offline": the range of a batch, and the kinds of its events.
std::string brief(const std::string& batch) {
  const auto number = [&batch](const std::string& key) {
    return std::to_string(std::stoul(batch.substr(batch.find("\"" + key + "\":") + key.size() + 3)));
  };
  std::string text = number("from") + "-" + number("to");
  char separator = ' ';
  for (std::size_t at = batch.find("\"kind\":\""); at != std::string::npos; at = batch.find("\"kind\":\"", at)) {
    at += 8;
    text += separator + batch.substr(at, batch.find('"', at) - at);
    separator = ',';
  }
  return text;
}

Texts briefs(const Texts& batches) {
  Texts found;
  for (const std::string& batch : batches)
    found.push_back(brief(batch));
  return found;
}

fleet::Seq head(const World& world) {
  return world.shared->head;
}

} // namespace

TEST_CASE("fanout: a subscription starts with a snapshot of the published seq, and continues from there") {
  Online online;
  World& world = online.world;
  const fleet::Seq at = head(world);
  const auto dashboard = world.subscribe(all());
  world.run();
  REQUIRE(dashboard->joins.size() == 1);
  CHECK(*dashboard->joins[0].subscribed == subscribed(world, at, false));
  REQUIRE(world.publisher->initial_pages.size() == 1);
  CHECK(world.publisher->initial_pages[0]->input.seq == at);
  CHECK(good(world.publisher->initial_pages[0]->input.snapshot->head()) == at);

  world.heartbeat(*online.socket, report({{"c1", "offline"}}));
  world.pass(50ms);
  CHECK(briefs(received(world, *dashboard)) ==
        Texts{std::to_string(at + 1) + "-" + std::to_string(at + 1) + " cameras"});
}

TEST_CASE("fanout: a subscription waits for the events that its snapshot already contains") {
  Online online;
  World& world = online.world;
  world.heartbeat(*online.socket, report({{"c1", "offline"}}));
  const fleet::Seq at = head(world) + 1;
  std::shared_ptr<Dashboard> dashboard;
  while (world.step()) { // committed, but the fanout has not received it
    if (!dashboard && head(world) == at) dashboard = world.subscribe(all());
  }
  REQUIRE(dashboard);
  REQUIRE(dashboard->joins.size() == 1);
  CHECK(*dashboard->joins[0].subscribed == subscribed(world, at, false));
  world.pass(1s);
  CHECK(received(world, *dashboard).empty()); // no event twice
}

TEST_CASE("fanout: subscribers share a snapshot that is being built, and get what was published since") {
  Online online;
  World& world = online.world;
  const auto first = world.subscribe(all());
  world.run();
  world.heartbeat(*online.socket, report({{"c1", "offline"}}));
  world.pass(50ms);
  const auto second = world.subscribe(all());
  world.run();
  REQUIRE(second->joins.size() == 1);
  CHECK(world.publisher->initial_pages.size() == 1);
  CHECK(second->joins[0].initial_pages == first->joins[0].initial_pages);
  CHECK(second->joins[0].stream == first->joins[0].stream);
  CHECK(*second->joins[0].subscribed == *first->joins[0].subscribed);
  REQUIRE(second->joins[0].backlog.size() == 1);
  CHECK(RecordingPublisher::lines_of(second->joins[0].backlog[0]) == received(world, *first));

  world.publisher->initial_pages[0]->done();
  world.run();
  world.subscribe(all());
  world.run();
  CHECK(world.publisher->initial_pages.size() == 2); // built: the next subscriber gets a new one
}

TEST_CASE("fanout: changes within the batch interval are one batch, published at its end") {
  Online online;
  World& world = online.world;
  const auto dashboard = world.subscribe(all());
  world.run();
  const fleet::Seq at = head(world);
  for (const char* status : {"offline", "online", "video_loss"}) {
    world.heartbeat(*online.socket, report({{"c1", status}}));
    world.run();
  }
  CHECK(received(world, *dashboard).empty()); // a flush was just done
  world.pass(batch_interval);
  CHECK(briefs(received(world, *dashboard)) ==
        Texts{std::to_string(at + 1) + "-" + std::to_string(at + 3) + " cameras,cameras,cameras"});
}

TEST_CASE("fanout: a since within the log is recovered, any other is not") {
  Online online;
  World& world = online.world;
  const fleet::Seq at = head(world);
  const auto begins = [&](Request request) {
    const auto dashboard = world.subscribe(std::move(request));
    world.run();
    REQUIRE(dashboard->joins.size() == 1);
    return dashboard->joins[0];
  };
  const Joined earlier = begins(since(world, at - 1));
  CHECK(*earlier.subscribed == subscribed(world, at, true));
  REQUIRE(earlier.initial_pages != nullptr);
  CHECK(std::static_pointer_cast<RecordingPublisher::Pages>(earlier.initial_pages)->since == at - 1);

  const Joined current = begins(since(world, at));
  CHECK(*current.subscribed == subscribed(world, at, true));
  CHECK(current.initial_pages == nullptr);

  CHECK(*begins(since(world, at + 1)).subscribed == subscribed(world, at, false));
  Request other_epoch;
  other_epoch.since = protocol::Position{"0123456789abcdef", at};
  CHECK(*begins(other_epoch).subscribed == subscribed(world, at, false));
}

TEST_CASE("fanout: with the problems filter NVRs enter and leave") {
  Online online;
  World& world = online.world;
  const auto dashboard = world.subscribe(problems());
  world.run();
  const auto after = [&](const char* c1, const char* c2) {
    received(world, *dashboard).clear();
    world.heartbeat(*online.socket, report({{"c1", c1}, {"c2", c2}}));
    world.pass(300ms);
    Texts kinds;
    for (const std::string& batch : briefs(received(world, *dashboard)))
      kinds.push_back(batch.substr(std::min(batch.find(' '), batch.size())));
    return kinds;
  };
  CHECK(after("offline", "online") == Texts{" entered"});
  CHECK(after("offline", "video_loss") == Texts{" cameras"});
  CHECK(after("online", "video_loss") == Texts{" cameras"});
  CHECK(after("online", "online") == Texts{" left"});
  world.close(*online.socket);
  received(world, *dashboard).clear();
  world.pass(300ms);
  CHECK(brief(received(world, *dashboard).at(0)).ends_with(" entered"));
}

TEST_CASE("fanout: batches also cover the events that a filter hides, a little later") {
  Online online;
  World& world = online.world;
  Request request;
  request.filter.hostnames = {"another"};
  const auto dashboard = world.subscribe(request);
  world.run();
  const fleet::Seq at = head(world);
  world.heartbeat(*online.socket, report({{"c1", "offline"}}));
  world.pass(50ms);
  world.heartbeat(*online.socket, report({{"c1", "online"}}));
  world.pass(300ms);
  world.pass(300ms);
  CHECK(brief(received(world, *dashboard).back())
            .starts_with(std::to_string(received(world, *dashboard).size() == 1 ? at + 1 : at + 2)));
  fleet::Seq covered = at;
  for (const std::string& batch : briefs(received(world, *dashboard))) {
    CHECK(batch.starts_with(std::to_string(covered + 1) + "-"));
    CHECK(batch.find(' ') == std::string::npos);
    covered = std::stoul(batch.substr(batch.find('-') + 1));
  }
  CHECK(covered == at + 2);
}

TEST_CASE("fanout: a summary is counted once, then updated, at most four times a second") {
  Online online;
  World& world = online.world;
  const auto dashboard = world.subscribe(summary());
  world.run();
  REQUIRE(dashboard->joins.size() == 1);
  const Texts begin = RecordingPublisher::lines_of(dashboard->joins[0].subscribed);
  REQUIRE(begin.size() == 2);
  CHECK(begin[1] == protocol::encode(protocol::Summary{head(world), 1, 0, 0, 2, 0, 0}));

  for (const char* status : {"offline", "online", "video_loss"}) {
    world.heartbeat(*online.socket, report({{"c1", status}}));
    world.pass(60ms);
  }
  CHECK(received(world, *dashboard).size() <= 1);
  world.pass(300ms);
  CHECK(received(world, *dashboard).back() == protocol::encode(protocol::Summary{head(world), 1, 0, 0, 1, 0, 1}));
  const std::size_t so_far = received(world, *dashboard).size();
  world.pass(2s);
  CHECK(received(world, *dashboard).size() == so_far); // unchanged: nothing is published

  fleet::Filter no_site;
  no_site.sites = {""};
  const auto filtered = world.subscribe(summary(no_site));
  fleet::Filter elsewhere;
  elsewhere.sites = {"elsewhere"};
  const auto empty = world.subscribe(summary(elsewhere));
  world.run();
  CHECK(RecordingPublisher::lines_of(filtered->joins.at(0).subscribed).at(1) ==
        protocol::encode(protocol::Summary{head(world), 1, 0, 0, 1, 0, 1}));
  CHECK(RecordingPublisher::lines_of(empty->joins.at(0).subscribed).at(1) ==
        protocol::encode(protocol::Summary{head(world)}));
}

TEST_CASE("fanout: an NVR that returns after a restart is no longer unconfirmed, without an event") {
  const auto machine = std::make_shared<Machine>();
  {
    World before({.machine = machine, .settings = {}, .store = {}});
    before.register_nvr("A", {"c1"});
    before.auth("A", report({{"c1", "online"}}));
    before.run();
    before.drain();
    before.run();
  }
  World world({.machine = machine, .settings = {}, .store = {}});
  const auto with_problems = world.subscribe(problems());
  const auto with_counts = world.subscribe([] {
    Request request;
    request.detail = protocol::Detail::counts;
    return request;
  }());
  const auto counted = world.subscribe(summary());
  world.run();
  CHECK(std::static_pointer_cast<RecordingPublisher::Pages>(with_problems->joins.at(0).initial_pages)
            ->input.unconfirmed->contains(1));
  CHECK(RecordingPublisher::lines_of(counted->joins.at(0).subscribed).at(1) ==
        protocol::encode(protocol::Summary{head(world), 1, 0, 1, 1, 0, 0}));

  const fleet::Seq at = head(world);
  world.auth("A", report({{"c1", "online"}}));
  world.pass(300ms);
  world.pass(300ms);
  CHECK(head(world) == at);
  CHECK(briefs(received(world, *with_problems)) == Texts{std::to_string(at + 1) + "-" + std::to_string(at) + " left"});
  CHECK(received(world, *with_counts) == Texts{R"({"type":"confirmed","nvr_ids":[1]})"});
  CHECK(received(world, *counted).back() == protocol::encode(protocol::Summary{at, 1, 0, 0, 1, 0, 0}));
  // Changes of `unconfirmed` are not events: only a snapshot has them.
  const auto again = world.subscribe(since(world, at, problems()));
  world.run();
  CHECK(*again->joins.at(0).subscribed == subscribed(world, at, false));
}

TEST_CASE("fanout: a group without followers is removed") {
  Online online;
  World& world = online.world;
  const auto dashboard = world.subscribe(all());
  world.run();
  const StreamId stream = dashboard->joins.at(0).stream;
  caf::anon_send(world.fanout, Unfollow{stream});
  world.run();
  world.heartbeat(*online.socket, report({{"c1", "offline"}}));
  world.pass(1s);
  CHECK(world.publisher->streams[stream].empty());
  CHECK_FALSE(world.publisher->legacy.empty()); // the legacy feed continues
  const auto back = world.subscribe(all());
  world.run();
  CHECK(back->joins.at(0).stream != stream);
}

TEST_CASE("fanout: a dashboard that may see some sites follows their part of the legacy feed") {
  Online online;
  World& world = online.world;
  const auto inside = std::make_shared<Dashboard>();
  const auto outside = std::make_shared<Dashboard>();
  caf::anon_send(world.fanout, FollowSites{inside, {"", "north"}}); // the NVR is in no site
  caf::anon_send(world.fanout, FollowSites{outside, {"south"}});
  world.run();
  REQUIRE(inside->joins.size() == 1);
  CHECK(inside->joins[0].subscribed == nullptr);
  CHECK(inside->joins[0].stream != outside->joins.at(0).stream);
  world.heartbeat(*online.socket, report({{"c1", "offline"}}));
  world.pass(1s);
  CHECK(received(world, *inside).size() == 1);
  CHECK(received(world, *outside).empty());
  caf::anon_send(world.fanout, Unfollow{inside->joins[0].stream});
  world.run();
  world.heartbeat(*online.socket, report({{"c1", "online"}}));
  world.pass(1s);
  CHECK(received(world, *inside).size() == 1);
}
