#include "store/records/tables.hpp"
#include "store/support/directories.hpp"
#include "store/support/stores.hpp"

using namespace nvrhub::test;

namespace {

NvrId added(Store& store, const std::string& hostname = "a") {
  Write write = write_of(0, {registered(nvr_named(hostname, {"door", "yard"}), 1'000)});
  const NvrId id = committed(store, write);
  CHECK(write.version == 1);
  return id;
}

Write drafted_on(NvrVersion version, Write write) {
  write.drafted_on = version;
  return write;
}

Write door(NvrId id, const Status& status) {
  return write_of(id, {change(Kind::cameras, 2'000, {{"door", status}})});
}

/// Commits an accepted Write; returns the version after it.
NvrVersion after(Store& store, Write write) {
  committed(store, write);
  return write.version;
}

} // namespace

TEST_CASE("versions: each write that changes an NVR advances its version by one") {
  NVRHUB_FOR_EACH_BACKEND(fixture);
  const auto store = good(Store::open(fixture.open()));
  const NvrId id = added(*store);
  const NvrId other = added(*store, "b");
  CHECK(after(*store, write_of(id, {change(Kind::nvr_online, 1'001, {{"door", Status::online()}}), offline(1'002),
                                    change(Kind::nvr_online, 1'003, {})})) == 2);
  CHECK(after(*store, door(id, *Status::parse("video_loss"))) == 3);
  CHECK(after(*store, door(id, *Status::parse("tampered"))) == 4); // the NVR's counts stay as they are
  CHECK(after(*store, write_of(id, {}, 5)) == 5);                  // a takeover without an event
  CHECK(after(*store, write_of(id, {registered(nvr_named("c", {"door"}), 1'004)})) == 6);
  CHECK(nvr_in(*store, id).version == 6);
  CHECK(nvr_in(*store, other).version == 1);
  good(good(store->snapshot()).each_nvr_summary(0, [&](Nvr&& nvr, const NvrSummary&) {
    CHECK(nvr.version == (nvr.id == id ? 6 : 1));
    return true;
  }));
  require_clean(*store);
}

TEST_CASE("versions: a write that changes nothing keeps the version") {
  NVRHUB_FOR_EACH_BACKEND(fixture);
  const auto store = good(Store::open(fixture.open()));
  const NvrId id = added(*store);
  Event conflict = event_of(Kind::conflict, 1'001);
  conflict.detail = "two boxes with one name";
  CHECK(after(*store, write_of(id, {conflict})) == 1);
  Write seen = write_of(id, {});
  seen.last_seen = 9'000;
  CHECK(after(*store, seen) == 1);
  good(record_seen(*store, {{id, 9'001}}));
  CHECK(nvr_in(*store, id).version == 1);
}

TEST_CASE("versions: a write that was drafted on an older version is stale, and changes nothing") {
  NVRHUB_FOR_EACH_BACKEND(fixture);
  const auto store = good(Store::open(fixture.open()));
  const NvrId id = added(*store);
  CHECK(after(*store, drafted_on(1, door(id, Status::online()))) == 2);
  const auto before = rows_of(*store);
  CHECK(refused(*store, drafted_on(1, door(id, Status::offline()))) == Errc::stale);
  CHECK(refused(*store, drafted_on(3, door(id, Status::offline()))) == Errc::stale);
  CHECK(rows_of(*store) == before);
  CHECK(after(*store, drafted_on(2, door(id, Status::offline()))) == 3);
  CHECK(after(*store, drafted_on(0, door(id, Status::online()))) == 4); // not checked
}

TEST_CASE("versions: of two writes of a batch that were drafted on one version, the second is stale") {
  NVRHUB_FOR_EACH_BACKEND(fixture);
  const auto store = good(Store::open(fixture.open()));
  const NvrId id = added(*store);
  const NvrId other = added(*store, "b");
  std::vector<Write> batch{drafted_on(1, door(id, Status::online())), drafted_on(1, door(id, Status::offline())),
                           drafted_on(1, door(other, Status::online())), drafted_on(2, door(id, Status::offline()))};
  std::vector<Result<NvrId>> outcomes;
  good(store->commit(batch, outcomes));
  CHECK(outcomes[0].has_value());
  REQUIRE_FALSE(outcomes[1].has_value());
  CHECK(outcomes[1].error().code == Errc::stale);
  CHECK(batch[1].events.front().seq == 0);
  CHECK(outcomes[2].has_value());
  CHECK(outcomes[3].has_value());
  CHECK(nvr_in(*store, id).version == 3);
  require_clean(*store);
}

TEST_CASE("versions: an older session is fenced and a removed NVR not found, whatever they were drafted on") {
  NVRHUB_FOR_EACH_BACKEND(fixture);
  const auto store = good(Store::open(fixture.open()));
  const NvrId id = added(*store);
  CHECK(after(*store, write_of(id, {change(Kind::nvr_online, 1'001, {})}, 7)) == 2);
  CHECK(refused(*store, drafted_on(1, write_of(id, {offline(1'002)}, 6))) == Errc::fenced);
  CHECK(after(*store, write_of(id, {event_of(Kind::removed, 1'003)})) == 0);
  CHECK(refused(*store, drafted_on(2, write_of(id, {offline(1'004)}, 7))) == Errc::not_found);
  CHECK(added(*store) != id); // another NVR, from version 1 on
}

TEST_CASE("versions: after the largest version comes 1") {
  const BackendFixture fixture(BackendFixture::Kind::lmdb);
  NvrId id = 0;
  {
    const auto store = good(Store::open(fixture.open()));
    id = added(*store);
  }
  {
    const auto backend = fixture.open();
    const auto txn = good(backend->begin_write());
    auto record = *good(load<NvrRecord>(*txn, Table::nvrs, nvr_key(id)));
    record.version = ~NvrVersion{0};
    good(save(*txn, Table::nvrs, nvr_key(id), record));
    good(txn->commit());
  }
  const auto store = good(Store::open(fixture.open()));
  CHECK(after(*store, drafted_on(~NvrVersion{0}, door(id, Status::online()))) == 1);
  CHECK(nvr_in(*store, id).version == 1);
}

TEST_CASE("versions: events, checkpoints and the base state do not have them") {
  NVRHUB_FOR_EACH_BACKEND(fixture);
  const auto store = good(Store::open(fixture.open()));
  const NvrId id = added(*store);
  for (int i = 0; i < 40; ++i)
    after(*store, door(id, i % 2 == 0 ? Status::online() : Status::offline()));
  CHECK(good(store->checkpoint(std::vector<NvrId>{id}, 100)) == 1);
  Write rename = write_of(id, {registered(nvr_in(*store, id), 3'000)});
  CHECK(rename.events.front().nvr->version == 41);
  committed(*store, rename);
  CHECK(rename.events.front().nvr->version == 0);
  require_clean(*store); // compares checkpoints with the log
  CHECK(good(store->prune(9'999, 20)) == 20);
  const Snapshot snapshot = good(store->snapshot());
  CHECK(good(load<NvrRecord>(snapshot.txn(), Table::base_nvrs, nvr_key(id)))->version == 0);
  require_clean(*store);
}
