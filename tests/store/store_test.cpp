#include <atomic>
#include <thread>

#include "store/records/keys.hpp"
#include "store/records/tables.hpp"
#include "store/support/stores.hpp"

using namespace nvrhub::test;

TEST_CASE("a new store has an epoch and no data") {
  NVRHUB_FOR_EACH_BACKEND(fixture);
  const auto store = good(Store::open(fixture.open()));
  const Snapshot snapshot = good(store->snapshot());
  CHECK(good(snapshot.head()) == 0);
  CHECK(good(snapshot.log_begin()) == 1);
  const Epoch epoch = good(snapshot.epoch());
  CHECK(epoch.size() == 16);
  CHECK(epoch.find_first_not_of("0123456789abcdef") == std::string::npos);
  CHECK(good(snapshot.counts()) == Counts{});
  require_clean(*store);
}

TEST_CASE("a reopened store keeps its epoch unless a new one is requested") {
  const BackendFixture fixture(BackendFixture::Kind::lmdb);
  const auto epoch_of = [&](bool new_epoch) {
    return good(good(good(Store::open(fixture.open(), new_epoch))->snapshot()).epoch());
  };
  const Epoch first = epoch_of(false);
  CHECK(epoch_of(false) == first);
  const Epoch second = epoch_of(true);
  CHECK(second != first);
  CHECK(epoch_of(false) == second);
}

TEST_CASE("a store of a newer schema is refused and not changed") {
  NVRHUB_FOR_EACH_BACKEND(fixture);
  auto backend = fixture.open();
  {
    const auto txn = good(backend->begin_write());
    good(save(*txn, Table::meta, meta::schema, SchemaRecord{schema_version + 1}));
    good(txn->commit());
  }
  const auto store = Store::open(std::move(backend));
  REQUIRE_FALSE(store.has_value());
  CHECK(store.error().code == Errc::schema);
  CHECK(store.error().message.find("schema " + std::to_string(schema_version + 1)) != std::string::npos);
  CHECK(store.error().message.find("schema " + std::to_string(schema_version)) != std::string::npos);
}

TEST_CASE("a store with data but without a schema is corrupt, not empty") {
  NVRHUB_FOR_EACH_BACKEND(fixture);
  auto backend = fixture.open();
  {
    const auto txn = good(backend->begin_write());
    good(save(*txn, Table::nvrs, nvr_key(1), NvrRecord{}));
    good(txn->commit());
  }
  CHECK(Store::open(std::move(backend)).error().code == Errc::corrupt);
}

TEST_CASE("each block of session numbers is above all earlier ones") {
  const BackendFixture fixture(BackendFixture::Kind::lmdb);
  {
    const auto store = good(Store::open(fixture.open()));
    CHECK(good(store->reserve_sessions(100)) == 1);
    CHECK(good(store->reserve_sessions(1)) == 101);
  }
  const auto store = good(Store::open(fixture.open()));
  CHECK(good(store->reserve_sessions(10)) == 102);
  CHECK(good(store->reserve_sessions(10)) == 112);
}

TEST_CASE("last_seen never decreases, and is recorded only for existing NVRs") {
  NVRHUB_FOR_EACH_BACKEND(fixture);
  const auto store = good(Store::open(fixture.open()));
  Write write = write_of(0, {registered(nvr_named("a"), 1'000)});
  const NvrId id = committed(*store, write);
  CHECK(nvr_in(*store, id).last_seen == 0);
  good(record_seen(*store, {{id, 5'000}, {99, 5'000}}));
  CHECK(nvr_in(*store, id).last_seen == 5'000);
  good(record_seen(*store, {{id, 4'000}}));
  Write older = write_of(id, {});
  older.last_seen = 3'000;
  committed(*store, older);
  CHECK(nvr_in(*store, id).last_seen == 5'000);
  Write newer = write_of(id, {});
  newer.last_seen = 6'000;
  committed(*store, newer);
  CHECK(nvr_in(*store, id).last_seen == 6'000);
  CHECK(good(good(store->snapshot()).head()) == 1);
  require_clean(*store);
}

TEST_CASE("a snapshot does not see later commits") {
  NVRHUB_FOR_EACH_BACKEND(fixture);
  const auto store = good(Store::open(fixture.open()));
  Write first = write_of(0, {registered(nvr_named("a", {"door"}), 1'000)});
  const NvrId id = committed(*store, first);
  const Snapshot snapshot = good(store->snapshot());
  Write second = write_of(id, {change(Kind::nvr_online, 2'000, {{"door", Status::online()}})});
  committed(*store, second);
  CHECK(good(snapshot.head()) == 1);
  CHECK_FALSE(good(snapshot.nvr(id))->online);
  CHECK(nvr_in(*store, id).online);
}

TEST_CASE("snapshots in several threads are consistent while the writer commits") {
  NVRHUB_FOR_EACH_BACKEND(fixture);
  const auto store = good(Store::open(fixture.open()));
  std::atomic<bool> done{false};
  std::atomic<int> unreadable{0};
  std::atomic<int> wrong{0};
  std::atomic<int> older{0}; // than the one before it
  std::atomic<int> looks{0};
  // Each commit adds or removes one NVR and updates the fleet's counts.
  const auto look = [&] {
    Seq last = 0;
    while (!done) {
      const auto snapshot = store->snapshot();
      if (!snapshot) return void(++unreadable);
      std::uint64_t nvrs = 0;
      const auto counted = snapshot->each_nvr(0, [&](Nvr&& nvr) {
        nvrs += nvr.cameras.size();
        return true;
      });
      const auto counts = snapshot->counts();
      const auto head = snapshot->head();
      if (!counted || !counts || !head) return void(++unreadable);
      if (counts->nvrs_offline != nvrs) ++wrong;
      if (*head < last) ++older;
      last = *head;
      ++looks;
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i)
    threads.emplace_back(look);
  for (NvrId id = 1; id <= 150 || (looks < 30 && unreadable == 0); ++id) {
    Write added = write_of(0, {registered(nvr_named("nvr-" + std::to_string(id), {"door"}), 1'000)});
    committed(*store, added);
    if (id % 3 != 0) continue;
    Write removed = write_of(id - 1, {event_of(Kind::removed, 1'000)});
    committed(*store, removed);
  }
  done = true;
  for (std::thread& thread : threads)
    thread.join();
  CHECK(unreadable == 0);
  CHECK(wrong == 0);
  CHECK(older == 0);
}

TEST_CASE("prune moves events from the log to the base state") {
  NVRHUB_FOR_EACH_BACKEND(fixture);
  const auto store = good(Store::open(fixture.open()));
  Write a = write_of(0, {registered(nvr_named("a", {"door", "yard"}), 1'000),
                         change(Kind::nvr_online, 1'001, {{"door", Status::online()}}), offline(1'002)});
  const NvrId id = committed(*store, a);
  Write gone = write_of(0, {registered(nvr_named("b", {"door"}), 1'003), event_of(Kind::removed, 1'004)});
  const NvrId removed = committed(*store, gone);
  Write back = write_of(id, {change(Kind::nvr_online, 2'000, {{"yard", Status::online()}})});
  committed(*store, back);
  const Nvr before = nvr_in(*store, id);

  CHECK(good(store->prune(1'000, 100)) == 0);
  CHECK(good(store->prune(9'999, 0)) == 0);
  CHECK(good(store->prune(1'002, 1)) == 1);
  require_clean(*store);
  CHECK(good(store->prune(2'000, 100)) == 4);
  require_clean(*store);
  const Snapshot snapshot = good(store->snapshot());
  CHECK(good(snapshot.log_begin()) == 6);
  CHECK(good(snapshot.head()) == 6);
  CHECK(nvr_in(*store, id) == before);
  CHECK(events_in(*store).size() == 1);
  CHECK(events_in(*store, id).size() == 1);
  CHECK(events_in(*store, removed).empty());
  CHECK(good(store->prune(9'999, 100)) == 1);
  CHECK(good(good(store->snapshot()).log_begin()) == 7);
  require_clean(*store);
  Write next = write_of(id, {offline(3'000)});
  committed(*store, next);
  CHECK(next.events[0].seq == 7);
  require_clean(*store);
}
