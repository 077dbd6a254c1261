#include <algorithm>
#include <functional>

#include "store/records/keys.hpp"
#include "store/records/tables.hpp"
#include "store/support/stores.hpp"

using namespace nvrhub::test;

namespace {

/// A store with two runs, samples, checkpoints and the former hostname of a removed NVR.
struct Fixture {
  Fixture() {
    auto owned = make_memory_backend();
    backend = owned.get();
    store = good(Store::open(std::move(owned)));
    record_liveness(100'000);
    std::vector<Event> events{registered(nvr_named("a", {"door", "yard"}), 101'000)};
    for (int i = 0; i < 31; ++i)
      events.push_back(change(i == 0 ? Kind::nvr_online : Kind::cameras, 101'001 + i, {{"door", Status::online()}}));
    Write a = write_of(0, std::move(events));
    committed(*store, a);
    Write b = write_of(0, {registered(nvr_named("b"), 102'000), event_of(Kind::removed, 102'001)});
    committed(*store, b);
    record_liveness(104'000);
    good(store->checkpoint(std::vector<NvrId>{1}, 1));
    record_liveness(200'000, true);
    require_clean(*store);
  }

  void record_liveness(WallMillis now, bool clock_discontinuity = false) const {
    LivenessRecord liveness;
    liveness.now = now;
    liveness.clock_discontinuity = clock_discontinuity;
    good(store->record_liveness(liveness));
  }

  void edit(const std::function<void(WriteTxn&)>& apply_edit) const {
    const auto txn = good(backend->begin_write());
    apply_edit(*txn);
    good(txn->commit());
  }

  template <class Record>
  void edit(Table table, const std::string& key, const std::function<void(Record&)>& apply_edit) const {
    edit([&](WriteTxn& txn) {
      auto record = good(load<Record>(txn, table, key));
      REQUIRE(record.has_value());
      apply_edit(*record);
      good(save(txn, table, key, *record));
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

TEST_CASE("check: checkpoints that differ from the log are reported") {
  const Fixture f;
  SECTION("another status") {
    f.edit<CheckpointRecord>(Table::nvr_events, nvr_event_key(1, 32),
                             [](CheckpointRecord& record) { record.nvr.cameras[0].status = Status::offline(); });
    f.expect_problem("the checkpoint at event 32 differs from the log");
  }
  SECTION("at the wrong event") {
    f.edit([](WriteTxn& txn) {
      const auto record = *good(load<CheckpointRecord>(txn, Table::nvr_events, nvr_event_key(1, 32)));
      good(save(txn, Table::nvr_events, nvr_event_key(1, 1), record));
    });
    f.expect_problem("the checkpoint at event 1 differs from the log");
  }
  SECTION("of an NVR that was removed") {
    f.edit([](WriteTxn& txn) {
      good(save(txn, Table::nvr_events, nvr_event_key(2, 34), CheckpointRecord{nvr_named("b")}));
    });
    f.expect_problem("the checkpoint at event 34 differs from the log");
  }
  SECTION("not a checkpoint") {
    f.edit([](WriteTxn& txn) { good(txn.put(Table::nvr_events, nvr_event_key(1, 5), "?")); });
    f.expect_problem("record 1/5 of table nvr_events is too short");
  }
}

TEST_CASE("check: NVR summaries in events that differ from the log are reported") {
  const Fixture f;
  SECTION("after") {
    f.edit<Event>(Table::events, event_key(2), [](Event& event) { ++event.after.cameras_other; });
    f.expect_problem("event 2 has summaries of its NVR that differ from the log");
  }
  SECTION("before") {
    f.edit<Event>(Table::events, event_key(34), [](Event& event) { event.before.exists = false; });
    f.expect_problem("event 34 has summaries of its NVR that differ from the log");
  }
}

TEST_CASE("check: former statuses in events that differ from the log are reported") {
  const Fixture f;
  f.edit<Event>(Table::events, event_key(2), [](Event& event) { event.cameras[0].from = Status::online(); });
  f.expect_problem("event 2 has a former status of camera door that differs from the log");
}

TEST_CASE("check: runs that overlap or are missing are reported") {
  const Fixture f;
  SECTION("a run that ends before it begins") {
    f.edit<RunRecord>(Table::runs, run_key(1), [](RunRecord& run) { run.to = run.from - 1; });
    f.expect_problem("record 1 of table runs does not follow the record before it");
  }
  SECTION("overlapping runs") {
    f.edit<RunRecord>(Table::runs, run_key(2), [](RunRecord& run) { run.from = 103'999; });
    f.expect_problem("record 2 of table runs does not follow the record before it");
  }
  SECTION("a missing run") {
    f.edit([](WriteTxn& txn) { good(save(txn, Table::runs, run_key(4), RunRecord{300'000, 300'000})); });
    f.expect_problem("record 4 of table runs does not follow the record before it");
  }
}

TEST_CASE("check: samples that differ from the log are reported") {
  const Fixture f;
  SECTION("other counts") {
    f.edit<SampleRecord>(Table::samples, sample_key(104'000),
                         [](SampleRecord& sample) { ++sample.counts.cameras_online; });
    f.expect_problem("record 104000 of table samples has counts that differ from the log");
  }
  SECTION("another head") {
    f.edit<SampleRecord>(Table::samples, sample_key(104'000), [](SampleRecord& sample) { sample.head = 1; });
    f.expect_problem("record 104000 of table samples has counts that differ from the log");
  }
  SECTION("of an event that does not exist") {
    f.edit<SampleRecord>(Table::samples, sample_key(200'000), [](SampleRecord& sample) { sample.head = 99; });
    f.expect_problem("record 200000 of table samples refers to an event that does not exist");
  }
  SECTION("a decreasing head") {
    f.edit<SampleRecord>(Table::samples, sample_key(200'000), [](SampleRecord& sample) { sample.head = 0; });
    f.expect_problem("record 200000 of table samples does not follow the record before it");
  }
}

TEST_CASE("check: wrong and missing former hostnames are reported") {
  const Fixture f;
  SECTION("of another NVR") {
    f.edit<HostnameRecord>(Table::former_names, "b", [](HostnameRecord& record) { record.id = 1; });
    f.expect_problem("record \"b\" of table former_names does not refer to the last NVR removed with that hostname");
  }
  SECTION("of no NVR") {
    f.edit([](WriteTxn& txn) { good(save(txn, Table::former_names, "c", HostnameRecord{2})); });
    f.expect_problem("record \"c\" of table former_names does not refer to the last NVR");
  }
  SECTION("missing") {
    f.edit([](WriteTxn& txn) { good(txn.erase(Table::former_names, "b")); });
    f.expect_problem("NVR 2 was removed, but is not listed under its former hostname b");
  }
}
