#include <algorithm>
#include <functional>

#include "store/records/keys.hpp"
#include "store/records/tables.hpp"
#include "store/support/stores.hpp"

using namespace nvrhub::test;

namespace {

/// A store with a fleet, pruned and retained events, and access to its backend for edits that bypass the store.
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

  void edit(const std::function<void(WriteTxn&)>& apply_edit) const {
    const auto txn = good(backend->begin_write());
    apply_edit(*txn);
    good(txn->commit());
  }

  template <class Record>
  void edit(Table table, const std::string& key, const std::function<void(Record&)>& apply_edit) const {
    edit([&](WriteTxn& txn) {
      Record record = *good(load<Record>(txn, table, key));
      apply_edit(record);
      good(save(txn, table, key, record));
    });
  }

  void expect_problem(const std::string& words) const {
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

TEST_CASE("check: a clean store is reported with its counts") {
  const Fixture f;
  const CheckReport report = check(good(f.store->snapshot()));
  CHECK(report.problems.empty());
  CHECK(report.epoch == good(good(f.store->snapshot()).epoch()));
  CHECK(report.log_begin == 2);
  CHECK(report.head == 4);
  CHECK(report.nvrs == 2);
  CHECK(report.cameras == 3);
}

TEST_CASE("check: problems of the log are reported") {
  const Fixture f;
  SECTION("a gap") {
    f.edit([](WriteTxn& txn) { good(txn.erase(Table::events, event_key(3))); });
    f.expect_problem("the log has a gap");
    f.expect_problem("indexes have");
  }
  SECTION("a missing last event") {
    f.edit([](WriteTxn& txn) { good(txn.erase(Table::events, event_key(4))); });
    f.expect_problem("the log ends with event 3, expected 4");
  }
  SECTION("a decreasing time") {
    f.edit<Event>(Table::events, event_key(3), [](Event& event) { event.at = 900; });
    f.expect_problem("event 3 has an earlier time than the event before it");
  }
  SECTION("a wrong time in the head record") {
    f.edit<HeadRecord>(Table::meta, "head", [](HeadRecord& head) { head.at = 9'000; });
    f.expect_problem("the time in the head record");
  }
  SECTION("a damaged record") {
    f.edit([](WriteTxn& txn) { good(txn.put(Table::events, event_key(3), "no event at all")); });
    f.expect_problem("record 3 of table events is damaged");
  }
  SECTION("an event that is missing from the index of its NVR") {
    f.edit([](WriteTxn& txn) { good(txn.erase(Table::nvr_events, nvr_event_key(1, 4))); });
    f.expect_problem("event 4 is missing from its NVR's index");
  }
  SECTION("an index entry of no event") {
    f.edit([](WriteTxn& txn) { good(txn.put(Table::nvr_events, nvr_event_key(2, 77), {})); });
    f.expect_problem("indexes have 4 events, the log has 3");
  }
  SECTION("a log that begins after its end") {
    f.edit<HeadRecord>(Table::meta, "head", [](HeadRecord& head) { head.begin = 9; });
    f.expect_problem("begins after its end");
  }
}

TEST_CASE("check: an NVR without a version, and one with a version in the base state, are reported") {
  const Fixture f;
  f.edit<NvrRecord>(Table::nvrs, nvr_key(2), [](NvrRecord& nvr) { nvr.version = 0; });
  f.expect_problem("NVR 2 (b) has no version");
  f.edit<NvrRecord>(Table::base_nvrs, nvr_key(1), [](NvrRecord& nvr) { nvr.version = 1; });
  f.expect_problem("NVR 1 has a version in the base state");
}

TEST_CASE("check: a state that differs from the log is reported") {
  const Fixture f;
  SECTION("a camera's status") {
    f.edit<CameraRecord>(Table::cameras, camera_key(1, "yard"),
                         [](CameraRecord& camera) { camera.status = Status::online(); });
    f.expect_problem("camera yard is stored as online");
    f.expect_problem("has camera counts that differ from its cameras");
  }
  SECTION("a camera's since") {
    f.edit<CameraRecord>(Table::cameras, camera_key(1, "yard"), [](CameraRecord& camera) { camera.since += 1; });
    f.expect_problem("since 1006");
  }
  SECTION("the base state") {
    f.edit<CameraRecord>(Table::base_cameras, camera_key(1, "yard"),
                         [](CameraRecord& camera) { camera.ip_address = "1.2.3.4"; });
    f.expect_problem("address \"1.2.3.4\"");
  }
  SECTION("an NVR's status") {
    f.edit<NvrRecord>(Table::nvrs, nvr_key(1), [](NvrRecord& nvr) { nvr.online = false; });
    f.expect_problem("is stored as offline");
    f.expect_problem("the stored fleet counts differ from the sum of its NVRs");
  }
  SECTION("an NVR's identity") {
    f.edit<NvrRecord>(Table::nvrs, nvr_key(1), [](NvrRecord& nvr) { nvr.site = "elsewhere"; });
    f.expect_problem("has another identity than in the log");
  }
  SECTION("a missing camera") {
    f.edit([](WriteTxn& txn) { good(txn.erase(Table::cameras, camera_key(1, "yard"))); });
    f.expect_problem("camera yard is in the log, but has no record");
  }
  SECTION("an extra camera") {
    f.edit([](WriteTxn& txn) { good(save(txn, Table::cameras, camera_key(1, "roof"), CameraRecord{})); });
    f.expect_problem("camera roof is not in the log");
  }
  SECTION("a missing NVR") {
    f.edit([](WriteTxn& txn) { good(txn.erase(Table::nvrs, nvr_key(2))); });
    f.expect_problem("NVR 2 (b) is in the log, but has no record");
    f.expect_problem("does not refer to an NVR");
    f.expect_problem("belongs to no NVR");
  }
  SECTION("an extra NVR") {
    f.edit([](WriteTxn& txn) { good(save(txn, Table::nvrs, nvr_key(7), NvrRecord{})); });
    f.expect_problem("has a record, but is not in the log");
    f.expect_problem("has an id that is not allocated yet");
    f.expect_problem("is not listed under its hostname");
  }
}

TEST_CASE("check: problems outside state and log are reported") {
  const Fixture f;
  SECTION("a hostname with the id of another NVR") {
    f.edit<HostnameRecord>(Table::hostnames, "a", [](HostnameRecord& record) { record.id = 2; });
    f.expect_problem("record \"a\" of table hostnames does not refer to an NVR with that hostname");
  }
  SECTION("an extra hostname") {
    f.edit([](WriteTxn& txn) { good(save(txn, Table::hostnames, "c", HostnameRecord{2})); });
    f.expect_problem("the number of hostnames differs from the number of NVRs");
  }
  SECTION("cameras without an NVR") {
    f.edit([](WriteTxn& txn) { good(save(txn, Table::cameras, camera_key(5, "door"), CameraRecord{})); });
    f.expect_problem("belongs to no NVR");
  }
  SECTION("a last_seen without an NVR") {
    f.edit([](WriteTxn& txn) { good(save(txn, Table::seen, nvr_key(5), SeenRecord{1})); });
    f.expect_problem("record 5 of table seen belongs to no NVR");
  }
  SECTION("an id that would be allocated twice") {
    f.edit<HeadRecord>(Table::meta, "head", [](HeadRecord& head) { head.next_nvr = 2; });
    f.expect_problem("NVR 2 (b) has an id that is not allocated yet");
  }
  SECTION("counts") {
    f.edit<Counts>(Table::meta, "counts", [](Counts& counts) { ++counts.cameras_other; });
    f.expect_problem("the stored fleet counts differ");
  }
  SECTION("an invalid epoch") {
    f.edit<EpochRecord>(Table::meta, "epoch", [](EpochRecord& record) { record.epoch = "yesterday"; });
    f.expect_problem("epoch is not 16 hex digits");
  }
  SECTION("a missing meta record") {
    f.edit([](WriteTxn& txn) { good(txn.erase(Table::meta, "head")); });
    f.expect_problem("record \"head\" of table meta is missing");
  }
}

TEST_CASE("check: at most 100 problems are reported") {
  const Fixture f;
  f.edit([](WriteTxn& txn) {
    for (NvrId id = 100; id < 300; ++id)
      good(txn.put(Table::seen, nvr_key(id), "?"));
  });
  CHECK(check(good(f.store->snapshot())).problems.size() == 100);
}
