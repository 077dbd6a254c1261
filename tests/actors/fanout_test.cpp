#include <catch2/catch.hpp>

#include <caf/send.hpp>

#include "actors/fanout.hpp"
#include "actors/support/online.hpp"
#include "protocol/encode.hpp"
#include "store/support/stores.hpp"

using namespace nvrhub;
using namespace nvrhub::actors;
using namespace nvrhub::actors::test;

namespace {

using Wanted = protocol::Subscribe;
using nvrhub::test::good;

Wanted all() {
  return {};
}

Wanted problems(protocol::Detail detail = protocol::Detail::camera) {
  Wanted what;
  what.filter.problems = true;
  what.detail = detail;
  return what;
}

Wanted summary(fleet::Filter filter = {}) {
  Wanted what;
  what.filter = std::move(filter);
  what.summary = true;
  return what;
}

Wanted since(const World& world, fleet::Seq seq, Wanted what = {}) {
  const auto snapshot = good(const_cast<World&>(world).data().snapshot());
  what.since = protocol::Position{good(snapshot.epoch()), seq};
  return what;
}

std::string greeting(World& world, fleet::Seq seq, bool recovered) {
  return protocol::encode_subscribed(good(good(world.data().snapshot()).epoch()), seq, recovered) + "\n";
}

/// What followers of the dashboard's stream were told, in the order of publication.
Texts& told(World& world, const Dashboard& dashboard) {
  return world.feed->streams[dashboard.joins.back().stream];
}

/// "3-4 cameras,nvr_offline": what a batch covers, and the kinds in it.
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

TEST_CASE("fanout: a subscription begins with a snapshot of the seq that was told, and goes on from there") {
  Online online;
  World& world = online.world;
  const fleet::Seq at = head(world);
  const auto dashboard = world.subscribe(all());
  world.run();
  REQUIRE(dashboard->joins.size() == 1);
  CHECK(*dashboard->joins[0].greeting == greeting(world, at, false));
  REQUIRE(world.feed->preludes.size() == 1);
  CHECK(world.feed->preludes[0]->work.seq == at);
  CHECK(good(world.feed->preludes[0]->work.snapshot->head()) == at);

  world.heartbeat(*online.socket, report({{"c1", "offline"}}));
  world.pass(50ms);
  CHECK(briefs(told(world, *dashboard)) == Texts{std::to_string(at + 1) + "-" + std::to_string(at + 1) + " cameras"});
}

TEST_CASE("fanout: a subscription waits for the events that its snapshot holds already") {
  Online online;
  World& world = online.world;
  world.heartbeat(*online.socket, report({{"c1", "offline"}}));
  const fleet::Seq at = head(world) + 1;
  std::shared_ptr<Dashboard> dashboard;
  while (world.step()) { // the commit is done, the fanout has yet to hear of it
    if (!dashboard && head(world) == at) dashboard = world.subscribe(all());
  }
  REQUIRE(dashboard);
  REQUIRE(dashboard->joins.size() == 1);
  CHECK(*dashboard->joins[0].greeting == greeting(world, at, false));
  world.pass(1s);
  CHECK(told(world, *dashboard).empty()); // nothing twice
}

TEST_CASE("fanout: whoever asks while a snapshot is being made shares it, and gets what was told since") {
  Online online;
  World& world = online.world;
  const auto first = world.subscribe(all());
  world.run();
  world.heartbeat(*online.socket, report({{"c1", "offline"}}));
  world.pass(50ms);
  const auto second = world.subscribe(all());
  world.run();
  REQUIRE(second->joins.size() == 1);
  CHECK(world.feed->preludes.size() == 1);
  CHECK(second->joins[0].prelude == first->joins[0].prelude);
  CHECK(second->joins[0].stream == first->joins[0].stream);
  CHECK(*second->joins[0].greeting == *first->joins[0].greeting);
  REQUIRE(second->joins[0].backlog.size() == 1);
  CHECK(Feed::lines_of(second->joins[0].backlog[0]) == told(world, *first));

  world.feed->preludes[0]->done();
  world.run();
  world.subscribe(all());
  world.run();
  CHECK(world.feed->preludes.size() == 2); // made: the next one has its own
}

TEST_CASE("fanout: changes within the batch interval come as one batch, none later than it") {
  Online online;
  World& world = online.world;
  const auto dashboard = world.subscribe(all());
  world.run();
  const fleet::Seq at = head(world);
  for (const char* status : {"offline", "online", "video_loss"}) {
    world.heartbeat(*online.socket, report({{"c1", status}}));
    world.run();
  }
  CHECK(told(world, *dashboard).empty()); // the subscription has just been served
  world.pass(batch_interval);
  CHECK(briefs(told(world, *dashboard)) ==
        Texts{std::to_string(at + 1) + "-" + std::to_string(at + 3) + " cameras,cameras,cameras"});
}

TEST_CASE("fanout: a since of the log is recovered, any other is not") {
  Online online;
  World& world = online.world;
  const fleet::Seq at = head(world);
  const auto begins = [&](Wanted what) {
    const auto dashboard = world.subscribe(std::move(what));
    world.run();
    REQUIRE(dashboard->joins.size() == 1);
    return dashboard->joins[0];
  };
  const Joined behind = begins(since(world, at - 1));
  CHECK(*behind.greeting == greeting(world, at, true));
  REQUIRE(behind.prelude != nullptr);
  CHECK(std::static_pointer_cast<Feed::Pages>(behind.prelude)->since == at - 1);

  const Joined level = begins(since(world, at));
  CHECK(*level.greeting == greeting(world, at, true));
  CHECK(level.prelude == nullptr);

  CHECK(*begins(since(world, at + 1)).greeting == greeting(world, at, false));
  Wanted other_epoch;
  other_epoch.since = protocol::Position{"0123456789abcdef", at};
  CHECK(*begins(other_epoch).greeting == greeting(world, at, false));
}

TEST_CASE("fanout: problems enter and leave") {
  Online online;
  World& world = online.world;
  const auto dashboard = world.subscribe(problems());
  world.run();
  const auto after = [&](const char* c1, const char* c2) {
    told(world, *dashboard).clear();
    world.heartbeat(*online.socket, report({{"c1", c1}, {"c2", c2}}));
    world.pass(300ms);
    Texts kinds;
    for (const std::string& batch : briefs(told(world, *dashboard)))
      kinds.push_back(batch.substr(std::min(batch.find(' '), batch.size())));
    return kinds;
  };
  CHECK(after("offline", "online") == Texts{" entered"});
  CHECK(after("offline", "video_loss") == Texts{" cameras"});
  CHECK(after("online", "video_loss") == Texts{" cameras"});
  CHECK(after("online", "online") == Texts{" left"});
  world.close(*online.socket);
  told(world, *dashboard).clear();
  world.pass(300ms);
  CHECK(brief(told(world, *dashboard).at(0)).ends_with(" entered"));
}

TEST_CASE("fanout: what a filter hides is covered all the same, a little later") {
  Online online;
  World& world = online.world;
  Wanted what;
  what.filter.hostnames = {"another"};
  const auto dashboard = world.subscribe(what);
  world.run();
  const fleet::Seq at = head(world);
  world.heartbeat(*online.socket, report({{"c1", "offline"}}));
  world.pass(50ms);
  world.heartbeat(*online.socket, report({{"c1", "online"}}));
  world.pass(300ms);
  world.pass(300ms);
  CHECK(brief(told(world, *dashboard).back())
            .starts_with(std::to_string(told(world, *dashboard).size() == 1 ? at + 1 : at + 2)));
  fleet::Seq covered = at;
  for (const std::string& batch : briefs(told(world, *dashboard))) {
    CHECK(batch.starts_with(std::to_string(covered + 1) + "-"));
    CHECK(batch.find(' ') == std::string::npos);
    covered = std::stoul(batch.substr(batch.find('-') + 1));
  }
  CHECK(covered == at + 2);
}

TEST_CASE("fanout: a summary is counted once and then kept, at most four times a second") {
  Online online;
  World& world = online.world;
  const auto dashboard = world.subscribe(summary());
  world.run();
  REQUIRE(dashboard->joins.size() == 1);
  const Texts begin = Feed::lines_of(dashboard->joins[0].greeting);
  REQUIRE(begin.size() == 2);
  CHECK(begin[1] == protocol::encode(protocol::Summary{head(world), 1, 0, 0, 2, 0, 0}));

  for (const char* status : {"offline", "online", "video_loss"}) {
    world.heartbeat(*online.socket, report({{"c1", status}}));
    world.pass(60ms);
  }
  CHECK(told(world, *dashboard).size() <= 1);
  world.pass(300ms);
  CHECK(told(world, *dashboard).back() == protocol::encode(protocol::Summary{head(world), 1, 0, 0, 1, 0, 1}));
  const std::size_t so_far = told(world, *dashboard).size();
  world.pass(2s);
  CHECK(told(world, *dashboard).size() == so_far); // nothing changed, nothing said

  fleet::Filter no_site;
  no_site.sites = {""};
  const auto filtered = world.subscribe(summary(no_site));
  fleet::Filter elsewhere;
  elsewhere.sites = {"elsewhere"};
  const auto empty = world.subscribe(summary(elsewhere));
  world.run();
  CHECK(Feed::lines_of(filtered->joins.at(0).greeting).at(1) ==
        protocol::encode(protocol::Summary{head(world), 1, 0, 0, 1, 0, 1}));
  CHECK(Feed::lines_of(empty->joins.at(0).greeting).at(1) == protocol::encode(protocol::Summary{head(world)}));
}

TEST_CASE("fanout: who comes back after a restart is no longer unconfirmed, without an event") {
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
    Wanted what;
    what.detail = protocol::Detail::counts;
    return what;
  }());
  const auto counted = world.subscribe(summary());
  world.run();
  CHECK(std::static_pointer_cast<Feed::Pages>(with_problems->joins.at(0).prelude)->work.unconfirmed->contains(1));
  CHECK(Feed::lines_of(counted->joins.at(0).greeting).at(1) ==
        protocol::encode(protocol::Summary{head(world), 1, 0, 1, 1, 0, 0}));

  const fleet::Seq at = head(world);
  world.auth("A", report({{"c1", "online"}}));
  world.pass(300ms);
  world.pass(300ms);
  CHECK(head(world) == at);
  CHECK(briefs(told(world, *with_problems)) == Texts{std::to_string(at + 1) + "-" + std::to_string(at) + " left"});
  CHECK(told(world, *with_counts) == Texts{R"({"type":"confirmed","nvr_ids":[1]})"});
  CHECK(told(world, *counted).back() == protocol::encode(protocol::Summary{at, 1, 0, 0, 1, 0, 0}));
  // What happened to `unconfirmed` since stands in no event: only a snapshot tells.
  const auto again = world.subscribe(since(world, at, problems()));
  world.run();
  CHECK(*again->joins.at(0).greeting == greeting(world, at, false));
}

TEST_CASE("fanout: nobody left, nothing kept") {
  Online online;
  World& world = online.world;
  const auto dashboard = world.subscribe(all());
  world.run();
  const StreamId stream = dashboard->joins.at(0).stream;
  caf::anon_send(world.fanout, Leave{stream});
  world.run();
  world.heartbeat(*online.socket, report({{"c1", "offline"}}));
  world.pass(1s);
  CHECK(world.feed->streams[stream].empty());
  CHECK_FALSE(world.feed->texts.empty()); // the seed's feed goes on
  const auto back = world.subscribe(all());
  world.run();
  CHECK(back->joins.at(0).stream != stream);
}

TEST_CASE("fanout: who may see some sites follows their part of the seed's feed") {
  Online online;
  World& world = online.world;
  const auto here = std::make_shared<Dashboard>();
  const auto elsewhere = std::make_shared<Dashboard>();
  caf::anon_send(world.fanout, FollowSites{here, {"", "north"}}); // the NVR is in no site
  caf::anon_send(world.fanout, FollowSites{elsewhere, {"south"}});
  world.run();
  REQUIRE(here->joins.size() == 1);
  CHECK(here->joins[0].greeting == nullptr);
  CHECK(here->joins[0].stream != elsewhere->joins.at(0).stream);
  world.heartbeat(*online.socket, report({{"c1", "offline"}}));
  world.pass(1s);
  CHECK(told(world, *here).size() == 1);
  CHECK(told(world, *elsewhere).empty());
  caf::anon_send(world.fanout, Leave{here->joins[0].stream});
  world.run();
  world.heartbeat(*online.socket, report({{"c1", "online"}}));
  world.pass(1s);
  CHECK(told(world, *here).size() == 1);
}
