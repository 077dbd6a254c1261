// Members of a cluster: joining, loss, and the expiry of the NVRs of a lost origin.
#include "store/directory/directory.hpp"
#include "store/records/tables.hpp"
#include "store/support/scratch.hpp"
#include "store/support/test_log.hpp"

using namespace nvrhub::test;

namespace {

entry::NodeLost loss_of(const Origin& origin, WallMillis at = 5'000) {
  return {origin, at, 60'000};
}
entry::Expire expiry_of(const Origin& origin, std::uint64_t limit = 100) {
  return {origin, 65'000, limit};
}

OriginState state_of(const Follower& node, const Origin& origin) {
  for (const auto& [found, state] : node.origins()) {
    if (found == origin) return state;
  }
  FAIL("no such origin");
  return {};
}

} // namespace

TEST_CASE("members: an origin that joins gets the next number and its announcement is kept") {
  Follower node;
  CHECK(node.join(a1).lost.empty());
  CHECK(node.join(b1).origin == 2);
  CHECK(state_of(node, a1) == OriginState{.number = 1,
                                          .last_entry = 1,
                                          .joined = true,
                                          .joined_position = 10,
                                          .joined_at = 1'000,
                                          .announcement = "address of a"});
  CHECK(state_of(node, b1).number == 2);
  CHECK(node.origins().size() == 2);
  require_clean(*node.store);
}

TEST_CASE("members: joining twice has no effect, also not after the loss") {
  Follower node;
  node.join(a1);
  node.apply(a1, entry::NodeJoined{a1, "another address", 2'000, 1});
  CHECK(state_of(node, a1).announcement == "address of a");
  node.apply(b1, loss_of(a1));
  node.apply(b1, entry::NodeJoined{a1, "", 3'000, 1});
  CHECK(state_of(node, a1).lost);
  CHECK(state_of(node, a1).joined_at == 1'000);
}

TEST_CASE("members: a loss is final, and only the first one of an origin counts") {
  Follower node;
  node.join(a1);
  node.join(b1);
  CHECK(node.apply(b1, loss_of(a1)).lost == std::vector{a1});
  CHECK(node.apply(b1, loss_of(a1, 9'000)).lost.empty());
  CHECK(node.apply(b1, loss_of({"unknown", 7})).lost.empty());
  const OriginState state = state_of(node, a1);
  CHECK(state.lost);
  CHECK(state.lost_position == 30);
  CHECK(state.lost_at == 5'000);
  CHECK(state.grace_ms == 60'000);
  CHECK_FALSE(state_of(node, b1).lost);
  CHECK(node.origins().size() == 2);
  require_clean(*node.store);
}

TEST_CASE("members: a node that joins with a new boot loses its other boots, and no other node does") {
  Follower node;
  node.join(a1);
  node.join(b1);
  node.join({"a-b", 1}); // a name that begins with that of another node
  CHECK(node.join(a2, 7'000).lost == std::vector{a1});
  const OriginState former = state_of(node, a1);
  CHECK(former.lost);
  CHECK(former.lost_position == 40);
  CHECK(former.lost_at == 1'000);
  CHECK(former.grace_ms == 7'000);
  CHECK_FALSE(state_of(node, a2).lost);
  CHECK_FALSE(state_of(node, b1).lost);
  CHECK_FALSE(state_of(node, {"a-b", 1}).lost);
  CHECK(node.join({"a", 0}).lost == std::vector{a2}); // boots have no order
}

TEST_CASE("expiry: NVRs that a lost origin holds go offline once, with the cause node_lost") {
  Follower node;
  node.join(a1);
  node.join(b1);
  const NvrId mine = node.online(a1, "mine").first;
  const NvrId other = node.online(b1, "other").first;
  node.apply(b1, loss_of(a1));
  CHECK(nvr_in(*node.store, mine).online); // until the end of the grace
  const Applied expired = node.apply(b1, expiry_of(a1));
  REQUIRE(expired.batch.size() == 1);
  CHECK(good(Result<NvrId>(expired.outcomes.front())) == mine);
  const Event& event = expired.batch.front().events.front();
  CHECK(event.kind == Kind::nvr_offline);
  CHECK(event.cause == Cause::node_lost);
  CHECK(event.at == 65'000);
  CHECK(event.hostname == "mine");
  CHECK(event.device_name == "The mine");
  CHECK(event.cameras_updated == 1);
  CHECK(events_in(*node.store).back().cause == Cause::node_lost);
  CHECK_FALSE(expired.more);
  CHECK_FALSE(nvr_in(*node.store, mine).online);
  CHECK(nvr_in(*node.store, other).online);
  CHECK(node.apply(b1, expiry_of(a1)).batch.empty());
  require_clean(*node.store);
}

TEST_CASE("expiry: an NVR that another node claimed since the loss, or that is offline, is skipped") {
  Follower node;
  node.join(a1);
  node.join(b1);
  const NvrId moved = node.online(a1, "moved").first;
  const auto [closed, session] = node.online(a1, "closed");
  const NvrId stays = node.online(a1, "stays").first;
  node.apply(a1, entry::Batch{{write_of(closed, {offline(3'000)}, session)}});
  node.apply(b1, loss_of(a1));
  CHECK(good(node.claim(b1, "moved")).former_holder == 1);
  const Applied expired = node.apply(b1, expiry_of(a1));
  REQUIRE(expired.outcomes.size() == 1);
  CHECK(good(Result<NvrId>(expired.outcomes.front())) == stays);
  CHECK(nvr_in(*node.store, moved).online);
  CHECK(node.holder(moved) == b1);
  require_clean(*node.store);
}

TEST_CASE(
    "expiry: at most the limit goes offline per entry, by ascending id, and the outcome tells that more are left") {
  Follower node;
  node.join(a1);
  node.join(b1);
  std::vector<NvrId> ids;
  for (const char* hostname : {"z", "y", "x", "w", "v"})
    ids.push_back(node.online(a1, hostname).first);
  node.apply(b1, loss_of(a1));
  CHECK(node.apply(b1, expiry_of(a1, 0)).more);
  std::vector<NvrId> expired;
  for (const bool more : {true, true, false}) {
    const Applied part = node.apply(b1, expiry_of(a1, 2));
    CHECK(part.more == more);
    CHECK((node.origins().size() == 2) == more); // the row is kept until nothing is left
    for (const auto& outcome : part.outcomes)
      expired.push_back(good(Result<NvrId>(outcome)));
  }
  CHECK(expired == ids);
  require_clean(*node.store);
}

TEST_CASE("expiry: the limit of an entry is itself limited") {
  Follower node;
  node.join(a1);
  node.join(b1);
  std::vector<Write> writes;
  for (std::uint64_t i = 0; i <= entry::max_expired; ++i) {
    writes.push_back(write_of(0, {registered(nvr_named("nvr-" + std::to_string(i)), 1'000)}, i + 1));
    writes.back().events.push_back(change(Kind::nvr_online, 1'000, {}));
  }
  node.apply(a1, entry::Batch{writes});
  node.apply(b1, loss_of(a1));
  const Applied expired = node.apply(b1, expiry_of(a1, ~0ULL));
  CHECK(expired.batch.size() == entry::max_expired);
  CHECK(expired.more);
}

TEST_CASE("expiry: an origin that is not lost, or not known, expires nothing") {
  Follower node;
  node.join(a1);
  node.join(b1);
  const NvrId id = node.online(a1, "x").first;
  for (const Origin& origin : {a1, a2, Origin{"c", 1}}) {
    const Applied expired = node.apply(b1, expiry_of(origin));
    CHECK(expired.batch.empty());
    CHECK_FALSE(expired.more);
  }
  CHECK(nvr_in(*node.store, id).online);
  CHECK(node.origins().size() == 2);
}

TEST_CASE("expiry: an origin is forgotten at its end, and its number is never given again") {
  Follower node;
  node.join(a1);
  node.join(b1);
  const auto [id, session] = node.online(a1, "x");
  node.apply(a1, entry::Batch{{write_of(id, {offline(3'000)}, session)}});
  CHECK(node.holder(id) == a1);
  node.apply(b1, loss_of(a1));
  node.apply(b1, expiry_of(a1));
  REQUIRE(node.origins().size() == 1);
  CHECK(node.origins().front().first == b1);
  CHECK(node.holder(id) == std::nullopt); // its record still has the number
  node.join(a2);
  CHECK(state_of(node, a2).number == 3);
  CHECK(node.holder(id) == std::nullopt);
  require_clean(*node.store);
}

TEST_CASE("names of nodes have letters, digits, dots, underscores and hyphens") {
  for (const char* name : {"a", "A-9._", "0"})
    CHECK(is_node_name(name));
  CHECK(is_node_name(std::string(max_node_name, 'x')));
  CHECK_FALSE(is_node_name(std::string(max_node_name + 1, 'x')));
  for (const char* name : {"", "a b", "a/b", "ä"})
    CHECK_FALSE(is_node_name(name));
  CHECK(origin_of_key(origin_key(a1)) == a1);
  CHECK(origin_of_key(origin_key({"node.1", ~0ULL})) == Origin{"node.1", ~0ULL});
  CHECK(origin_key(a1) < origin_key(a2));
  CHECK_FALSE(origin_of_key("a"));
  CHECK_FALSE(origin_of_key(std::string("a\0b00000000", 11)));
}

TEST_CASE("members: a token that is revoked stays so, whatever is written later") {
  const auto store = good(Store::open(make_memory_backend()));
  const auto write_token = [&](const std::string& id, const std::string& text) {
    Write write = write_of(0, {});
    write.alerts.push_back({std::string(token_prefix) + id, text});
    committed(*store, write);
  };
  const auto token = [&](const std::string& id) {
    return good(good(store->snapshot()).alert(std::string(token_prefix) + id));
  };
  write_token("1", "made");
  CHECK(token("1") == "made");
  write_token("1", "");
  write_token("1", "made again");
  CHECK(token("1") == "");
}

TEST_CASE("members: a copy that begins a new epoch leaves its cluster, and what is revoked stays so") {
  const Scratch scratch;
  {
    const auto directory = good(Directory::open(scratch / "data"));
    Store& store = directory->store();
    good(store.set_cluster("0123456789abcdef"));
    Write write = write_of(0, {});
    write.alerts = {{std::string(token_prefix) + "1", "made"}, {std::string(token_prefix) + "2", ""}, {"other", "x"}};
    TestLog log;
    log.append(a1, entry::NodeJoined{a1, "", 1'000, 0});
    log.append(a1, entry::Batch{{write}});
    log.append(a1, entry::Part{0, 2, "half"});
    good(store.apply(log.entries()));
  }
  DirectoryOptions opening;
  opening.new_epoch = "the test wants it";
  const auto directory = good(Directory::open(scratch / "data", opening));
  const Snapshot snapshot = good(directory->store().snapshot());
  CHECK_FALSE(good(snapshot.cluster()));
  CHECK(good(snapshot.applied()) == ChainLink{});
  std::size_t origins = 0;
  good(snapshot.each_origin([&](const Origin&, const OriginState&) { ++origins; }));
  CHECK(origins == 0);
  CHECK_FALSE(good(snapshot.alert(std::string(token_prefix) + "1")));
  CHECK(good(snapshot.alert(std::string(token_prefix) + "2")) == "");
  CHECK(good(snapshot.alert("other")) == "x");
  require_clean(directory->store());
}
