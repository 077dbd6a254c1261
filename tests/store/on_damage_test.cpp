// Damage of one NVR's record concerns only that NVR on a single server, and stops a node of a cluster.
#include "store/entry/codec.hpp"
#include "store/records/tables.hpp"
#include "store/support/stores.hpp"

using namespace nvrhub::test;

namespace {

/// A store on disk with NVRs 1 (a, session 5) and 2 (b). The record of NVR 1 is damaged.
struct Damaged {
  BackendFixture fixture{BackendFixture::Kind::lmdb};
  std::string sound; // the record before the damage
  std::unique_ptr<Store> store;

  Damaged() {
    {
      const auto fresh = good(Store::open(fixture.open()));
      for (const char* hostname : {"a", "b"}) {
        Write write = write_of(0, {registered(nvr_named(hostname, {"door"}), 1'000)}, 5);
        committed(*fresh, write);
      }
    }
    const auto backend = fixture.open();
    const auto txn = good(backend->begin_write());
    sound = std::string(*good(txn->get(Table::nvrs, nvr_key(1))));
    std::string bytes = sound;
    bytes.back() = static_cast<char>(bytes.back() ^ 1);
    good(txn->put(Table::nvrs, nvr_key(1), bytes));
    good(txn->commit());
  }

  void open() { store = good(Store::open(fixture.open())); }
  void repair() {
    store.reset();
    const auto backend = fixture.open();
    const auto txn = good(backend->begin_write());
    good(txn->put(Table::nvrs, nvr_key(1), sound));
    good(txn->commit());
  }
  bool is_online(NvrId id) const { return nvr_in(*store, id).online; }
};

Write online(NvrId id, SessionNumber session = 5) {
  return write_of(id, {change(Kind::nvr_online, 2'000, {{"door", Status::online()}})}, session);
}

} // namespace

TEST_CASE("damage: on a single server only the writes of the damaged NVR are refused") {
  Damaged damaged;
  damaged.open();
  std::vector<Write> batch{online(1), online(2)};
  std::vector<Result<NvrId>> outcomes;
  good(damaged.store->commit(batch, outcomes));
  REQUIRE(outcomes.size() == 2);
  REQUIRE_FALSE(outcomes[0].has_value());
  CHECK(outcomes[0].error().code == Errc::corrupt);
  CHECK(outcomes[1].has_value());
  CHECK(damaged.is_online(2));
}

TEST_CASE("damage: where it stops the commit, nothing is written, and after a repair the same entry applies") {
  Damaged damaged;
  damaged.open();
  const std::vector<Write> draft{online(2), online(1), online(2, 4)};
  std::vector<Write> batch = draft;
  std::vector<Result<NvrId>> outcomes{Result<NvrId>(1)};
  CHECK(damaged.store->commit(batch, outcomes, OnDamage::stop).error().code == Errc::corrupt);
  CHECK(outcomes.empty());
  CHECK(damaged.store->apply(entry::encode(draft), OnDamage::stop).error().code == Errc::corrupt);
  CHECK_FALSE(damaged.is_online(2));

  damaged.repair();
  damaged.open();
  const Applied done = good(damaged.store->apply(entry::encode(draft), OnDamage::stop));
  REQUIRE(done.outcomes.size() == 3);
  CHECK(done.outcomes[0].has_value());
  CHECK(done.outcomes[1].has_value());
  CHECK(done.outcomes[2].error().code == Errc::fenced);
  CHECK(damaged.is_online(1));
  CHECK(damaged.is_online(2));
  require_clean(*damaged.store);
}

TEST_CASE("damage: what every server refuses alike is an outcome, also where damage stops the commit") {
  const auto store = good(Store::open(make_memory_backend()));
  for (const char* hostname : {"a", "b"}) {
    Write write = write_of(0, {registered(nvr_named(hostname, {"door"}), 1'000)}, 5);
    committed(*store, write);
  }
  Write stale = online(1);
  stale.drafted_on = 7;
  Write with_long_key = write_of(0, {});
  with_long_key.alerts = {{std::string(max_alert_key + 1, 'k'), "value"}};
  Write with_alert = online(1);
  with_alert.alerts = {{"key", "value"}};
  std::vector<Write> batch{online(1, 4),
                           stale,
                           online(9),
                           write_of(2, {registered(nvr_named("a"), 2'000)}),
                           write_of(2, {event_of(Kind::registered, 2'000)}),
                           with_long_key,
                           with_alert,
                           online(1)};
  std::vector<Result<NvrId>> outcomes;
  good(store->commit(batch, outcomes, OnDamage::stop));
  const Errc expected[] = {Errc::fenced,    Errc::stale,     Errc::not_found, Errc::taken,
                           Errc::malformed, Errc::malformed, Errc::malformed};
  REQUIRE(outcomes.size() == 8);
  for (std::size_t i = 0; i < 7; ++i) {
    CAPTURE(i);
    REQUIRE_FALSE(outcomes[i].has_value());
    CHECK(outcomes[i].error().code == expected[i]);
  }
  CHECK(outcomes[7].has_value());
  require_clean(*store);
}
