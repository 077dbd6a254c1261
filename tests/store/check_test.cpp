#include <algorithm>
#include <functional>

#include "store/keys.hpp"
#include "store/support/stores.hpp"
#include "store/tables.hpp"

using namespace nvrhub::test;

namespace {

/// A store with a fleet, a pruned past and a kept log, and the way behind its back.
struct Fixture {
  Fixture() {
    auto owned = make_memory_backend();
    backend = owned.get();
    store = good(Store::open(std::move(owned)));
    Write a = write_of(0, {registered(nvr_named("a", {"door", "yard"}), 1'000),
                           change(Kind::nvr_online, 1'001, {{"door", Status::online()}})});
    committed(*store, a);
    Write b = write_of(0, {registered(nvr_named("b", {"hall"}), 1'002)});
    committed(*store, b);
    good(store->prune(1'001, 9));
    Write later = write_of(1, {change(Kind::cameras, 1'005, {{"yard", *Status::parse("video_loss")}})});
    later.last_seen = 1'005;
    committed(*store, later);
    require_clean(*store);
  }

  void edit(const std::function<void(WriteTxn&)>& change_it) const {
    const auto txn = good(backend->begin_write());
    change_it(*txn);
    good(txn->commit());
  }

  template <class Record>
  void edit(Table table, const std::string& key, const std::function<void(Record&)>& change_it) const {
    edit([&](WriteTxn& txn) {
      Record record = *good(load<Record>(txn, table, key));
      change_it(record);
      good(save(txn, table, key, record));
    });
  }

  void finds(const std::string& words) const {
    const CheckReport report = check(good(store->snapshot()));
    for (const std::string& problem : report.problems)
      UNSCOPED_INFO(problem);
    CAPTURE(words);
    CHECK(std::any_of(report.problems.begin(), report.problems.end(),
                      [&](const std::string& problem) { return problem.find(words) != std::string::npos; }));
  }

  Backend* backend = nullptr;
  std::unique_ptr<Store> store;
};

} // namespace

TEST_CASE("a check of a sound store says what it saw") {
  const Fixture f;
  const CheckReport report = check(good(f.store->snapshot()));
  CHECK(report.problems.empty());
  CHECK(report.epoch == good(good(f.store->snapshot()).epoch()));
  CHECK(report.log_begin == 2);
  CHECK(report.head == 4);
  CHECK(report.nvrs == 2);
  CHECK(report.cameras == 3);
}

TEST_CASE("a check finds what is wrong with the log") {
  const Fixture f;
  SECTION("a gap") {
    f.edit([](WriteTxn& txn) { good(txn.erase(Table::events, event_key(3))); });
    f.finds("the log has a gap");
    f.finds("indices hold");
  }
  SECTION("an end that is missing") {
    f.edit([](WriteTxn& txn) { good(txn.erase(Table::events, event_key(4))); });
    f.finds("the log ends with event 3, not with 4");
  }
  SECTION("a time that goes back") {
    f.edit<Event>(Table::events, event_key(3), [](Event& event) { event.at = 900; });
    f.finds("event 3 goes back in time");
  }
  SECTION("a last time that is not kept") {
    f.edit<HeadRecord>(Table::meta, "head", [](HeadRecord& head) { head.at = 9'000; });
    f.finds("last time");
  }
  SECTION("a damaged record") {
    f.edit([](WriteTxn& txn) { good(txn.put(Table::events, event_key(3), "no event at all")); });
    f.finds("record 3 of table events is damaged");
  }
  SECTION("an event that its NVR's index misses") {
    f.edit([](WriteTxn& txn) { good(txn.erase(Table::nvr_events, nvr_event_key(1, 4))); });
    f.finds("event 4 is missing in its NVR's index");
  }
  SECTION("an index entry of no event") {
    f.edit([](WriteTxn& txn) { good(txn.put(Table::nvr_events, nvr_event_key(2, 77), {})); });
    f.finds("indices hold 4 events, the log 3");
  }
  SECTION("a beginning behind the end") {
    f.edit<HeadRecord>(Table::meta, "head", [](HeadRecord& head) { head.begin = 9; });
    f.finds("begins after its own end");
  }
}

TEST_CASE("a check finds a state that the log does not make") {
  const Fixture f;
  SECTION("a camera's status") {
    f.edit<CameraRecord>(Table::cameras, camera_key(1, "yard"),
                         [](CameraRecord& camera) { camera.status = Status::online(); });
    f.finds("camera yard is kept as online");
    f.finds("does not have the cameras that its record counts");
  }
  SECTION("since when") {
    f.edit<CameraRecord>(Table::cameras, camera_key(1, "yard"), [](CameraRecord& camera) { camera.since += 1; });
    f.finds("since 1006");
  }
  SECTION("the state that the log starts from") {
    f.edit<CameraRecord>(Table::base_cameras, camera_key(1, "yard"),
                         [](CameraRecord& camera) { camera.ip_address = "1.2.3.4"; });
    f.finds("address \"1.2.3.4\"");
  }
  SECTION("an NVR's status") {
    f.edit<NvrRecord>(Table::nvrs, nvr_key(1), [](NvrRecord& nvr) { nvr.online = false; });
    f.finds("is kept as offline");
    f.finds("the fleet's counts are not those of its NVRs");
  }
  SECTION("an NVR's identity") {
    f.edit<NvrRecord>(Table::nvrs, nvr_key(1), [](NvrRecord& nvr) { nvr.site = "elsewhere"; });
    f.finds("has another identity");
  }
  SECTION("a camera that is missing") {
    f.edit([](WriteTxn& txn) { good(txn.erase(Table::cameras, camera_key(1, "yard"))); });
    f.finds("camera yard of the log has no record");
  }
  SECTION("a camera too many") {
    f.edit([](WriteTxn& txn) { good(save(txn, Table::cameras, camera_key(1, "roof"), CameraRecord{})); });
    f.finds("the log knows no camera roof");
  }
  SECTION("an NVR that is missing") {
    f.edit([](WriteTxn& txn) { good(txn.erase(Table::nvrs, nvr_key(2))); });
    f.finds("NVR 2 (b) is in the log, but has no record");
    f.finds("leads to no NVR");
    f.finds("belongs to no NVR");
  }
  SECTION("an NVR too many") {
    f.edit([](WriteTxn& txn) { good(save(txn, Table::nvrs, nvr_key(7), NvrRecord{})); });
    f.finds("has a record, but is not in the log");
    f.finds("number that is still to be given");
    f.finds("is not found by its hostname");
  }
}

TEST_CASE("a check finds what is wrong beside state and log") {
  const Fixture f;
  SECTION("a hostname of another") {
    f.edit<HostnameRecord>(Table::hostnames, "a", [](HostnameRecord& record) { record.id = 2; });
    f.finds("record \"a\" of table hostnames leads to no NVR of that name");
  }
  SECTION("a hostname too many") {
    f.edit([](WriteTxn& txn) { good(save(txn, Table::hostnames, "c", HostnameRecord{2})); });
    f.finds("not as many hostnames as NVRs");
  }
  SECTION("cameras of nobody") {
    f.edit([](WriteTxn& txn) { good(save(txn, Table::cameras, camera_key(5, "door"), CameraRecord{})); });
    f.finds("belongs to no NVR");
  }
  SECTION("a last_seen of nobody") {
    f.edit([](WriteTxn& txn) { good(save(txn, Table::seen, nvr_key(5), SeenRecord{1})); });
    f.finds("record 5 of table seen belongs to no NVR");
  }
  SECTION("a number that would be given twice") {
    f.edit<HeadRecord>(Table::meta, "head", [](HeadRecord& head) { head.next_nvr = 2; });
    f.finds("NVR 2 (b) has a number that is still to be given");
  }
  SECTION("counts") {
    f.edit<Counts>(Table::meta, "counts", [](Counts& counts) { ++counts.cameras_other; });
    f.finds("the fleet's counts");
  }
  SECTION("an epoch that is none") {
    f.edit<EpochRecord>(Table::meta, "epoch", [](EpochRecord& record) { record.epoch = "yesterday"; });
    f.finds("epoch is not 16 hex digits");
  }
  SECTION("a missing record of the store's own") {
    f.edit([](WriteTxn& txn) { good(txn.erase(Table::meta, "head")); });
    f.finds("record \"head\" of table meta is missing");
  }
}

TEST_CASE("a check names a hundred problems and no more") {
  const Fixture f;
  f.edit([](WriteTxn& txn) {
    for (NvrId id = 100; id < 300; ++id)
      good(txn.put(Table::seen, nvr_key(id), "?"));
  });
  CHECK(check(good(f.store->snapshot())).problems.size() == 100);
}
