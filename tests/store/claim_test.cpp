// Claims: which session of which node an NVR belongs to.
#include "fleet/names.hpp"
#include "store/support/test_log.hpp"

using namespace nvrhub::test;

namespace {

Errc refused_claim(Follower& node, const Origin& origin, const std::string& hostname, SessionNumber old_session = 0) {
  const auto before = good(node.store->reserve_sessions(0));
  const auto claimed = node.claim(origin, hostname, old_session);
  REQUIRE_FALSE(claimed.has_value());
  CHECK_FALSE(claimed.error().message.empty());
  CHECK(good(node.store->reserve_sessions(0)) == before); // no number was used
  return claimed.error().code;
}

/// Two members.
Follower two_nodes() {
  Follower node;
  node.join(a1);
  node.join(b1);
  return node;
}

} // namespace

TEST_CASE("claim: a session is the next number of the store, and its origin becomes the NVR's holder") {
  Follower node = two_nodes();
  CHECK(good(node.store->reserve_sessions(500)) == 1);
  const auto [id, session] = node.online(a1, "x");
  CHECK(session == 501);
  const NvrVersion version = nvr_in(*node.store, id).version;
  CHECK(good(node.claim(b1, "x")) == Claimed{id, 502, version + 1, 501, 1});
  CHECK(nvr_in(*node.store, id).session == 502);
  CHECK(nvr_in(*node.store, id).version == version + 1);
  CHECK(node.holder(id) == b1);
  CHECK(nvr_in(*node.store, id).online); // a takeover does not end the online period
  CHECK(good(node.claim(b1, "x")) == Claimed{id, 503, version + 2, 502, 2});
  require_clean(*node.store);
}

TEST_CASE("claim: a hostname that is not registered gets a session, and the registration makes its sender the holder") {
  Follower node = two_nodes();
  const Claimed claimed = good(node.claim(b1, "new"));
  CHECK(claimed == Claimed{0, 1, 0, 0, 0});
  CHECK(good(node.claim(a1, "new")).session == 2);
  Applied done = node.apply(b1, entry::Batch{{write_of(0, {registered(nvr_named("new"), 1'000)}, claimed.session)}});
  const NvrId id = good(std::move(done.outcomes.front()));
  CHECK(node.holder(id) == b1);
  CHECK(nvr_in(*node.store, id).session == 1);
  CHECK(node.holder(id + 1) == std::nullopt);
}

TEST_CASE("claim: the claims of one entry are decided in their order") {
  Follower node = two_nodes();
  const auto [id, session] = node.online(a1, "x");
  const Applied done = node.apply(b1, entry::Claims{{{"x", 0}, {"y", 0}, {"x", session}, {"x", session + 1}}});
  REQUIRE(done.claims.size() == 4);
  CHECK(done.claims[0]->session == session + 1);
  CHECK(done.claims[1]->nvr_id == 0);
  CHECK(done.claims[2].error().code == Errc::fenced);
  CHECK(done.claims[3]->former == session + 1);
  CHECK(nvr_in(*node.store, id).session == session + 3);
}

TEST_CASE("re-claim: applies only while the old session is the NVR's newest") {
  Follower node = two_nodes();
  const auto [id, session] = node.online(a1, "x");
  node.apply(b1, entry::NodeLost{a1, 5'000, 60'000});
  node.join(a2);
  SECTION("it is") {
    CHECK(good(node.claim(a2, "x", session)).former_holder == 1);
    CHECK(node.holder(id) == a2);
    CHECK(node.apply(b1, entry::Expire{a1, 65'000, 10}).batch.empty());
    CHECK(nvr_in(*node.store, id).online);
  }
  SECTION("it is not") {
    good(node.claim(b1, "x"));
    CHECK(refused_claim(node, a2, "x", session) == Errc::fenced);
    CHECK(node.holder(id) == b1);
  }
  SECTION("the NVR is not registered any more") {
    node.apply(b1, entry::Batch{{write_of(id, {event_of(Kind::removed, 6'000)})}});
    CHECK(refused_claim(node, a2, "x", session) == Errc::fenced);
  }
}

TEST_CASE("claim: an origin that is lost, or has not joined, is fenced") {
  Follower node = two_nodes();
  const NvrId id = node.online(a1, "x").first;
  node.apply(b1, entry::NodeLost{a1, 5'000, 60'000});
  CHECK(refused_claim(node, a1, "x") == Errc::fenced);
  CHECK(refused_claim(node, {"c", 1}, "x") == Errc::fenced);
  CHECK(refused_claim(node, {"c", 1}, "new") == Errc::fenced);
  CHECK(node.holder(id) == a1);
  CHECK(nvr_in(*node.store, id).session == 1);
  require_clean(*node.store);
}

TEST_CASE("claim: a hostname that no NVR can have is malformed") {
  Follower node = two_nodes();
  CHECK(refused_claim(node, a1, "") == Errc::malformed);
  CHECK(refused_claim(node, a1, std::string(max_name_bytes + 1, 'x')) == Errc::malformed);
  good(node.claim(a1, std::string(max_name_bytes, 'x')));
}

TEST_CASE("claim: when no session number is left, claims are refused and nothing stops") {
  Follower node = two_nodes();
  good(node.store->reserve_sessions(~0ULL - 2));
  CHECK(good(node.claim(a1, "x")).session == ~0ULL - 1);
  CHECK(refused_claim(node, a1, "x") == Errc::malformed);
}

TEST_CASE("claim: a write of the replaced session is fenced, also if it was on its way") {
  Follower node = two_nodes();
  const auto [id, session] = node.online(a1, "x");
  const SessionNumber newer = good(node.claim(b1, "x")).session;
  const auto write = [&](const Origin& origin, SessionNumber by) {
    Applied done = node.apply(origin, entry::Batch{{write_of(id, {offline(3'000)}, by)}});
    return done.outcomes.front();
  };
  CHECK(write(a1, session).error().code == Errc::fenced);
  CHECK(nvr_in(*node.store, id).online);
  CHECK(good(write(b1, newer)) == id);
}

TEST_CASE("a batch of a lost origin is fenced only where the session has moved") {
  Follower node = two_nodes();
  const auto [moved, moved_session] = node.online(a1, "moved");
  const auto [stays, stays_session] = node.online(a1, "stays");
  node.apply(b1, entry::NodeLost{a1, 5'000, 60'000});
  good(node.claim(b1, "moved"));
  const Applied done = node.apply(a1, entry::Batch{{write_of(moved, {offline(6'000)}, moved_session),
                                                    write_of(stays, {offline(6'000)}, stays_session)}});
  CHECK(done.outcomes[0].error().code == Errc::fenced);
  CHECK(done.outcomes[1].has_value());
  CHECK(node.holder(moved) == b1);
  CHECK(node.holder(stays) == a1);
}

TEST_CASE("a write without a session leaves the holder, one of a single server has none") {
  Follower node = two_nodes();
  const auto [id, session] = node.online(a1, "x");
  node.apply(b1, entry::Batch{{write_of(id, {change(Kind::cameras, 3'000, {{"yard", Status::online()}})})}});
  CHECK(node.holder(id) == a1);
  Write write = write_of(id, {offline(4'000)}, session + 1);
  committed(*node.store, write);
  CHECK(node.holder(id) == std::nullopt);
  require_clean(*node.store);
}
