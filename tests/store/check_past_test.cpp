#include <algorithm>
#include <functional>

#include "store/keys.hpp"
#include "store/support/stores.hpp"
#include "store/tables.hpp"

using namespace nvrhub::test;

namespace {

/// A store with all that is noted beside state and log: two runs, samples, checkpoints, the name of a removed NVR.
struct Fixture {
  Fixture() {
    auto owned = make_memory_backend();
    backend = owned.get();
    store = good(Store::open(std::move(owned)));
    mark(100'000);
    std::vector<Event> events{registered(nvr_named("a", {"door", "yard"}), 101'000)};
    for (int i = 0; i < 31; ++i)
      events.push_back(change(i == 0 ? Kind::nvr_online : Kind::cameras, 101'001 + i, {{"door", Status::online()}}));
    Write a = write_of(0, std::move(events));
    committed(*store, a);
    Write b = write_of(0, {registered(nvr_named("b"), 102'000), event_of(Kind::removed, 102'001)});
    committed(*store, b);
    mark(104'000);
    good(store->checkpoint(std::vector<NvrId>{1}, 1));
    mark(200'000, true);
    require_clean(*store);
  }

  void mark(WallMillis now, bool was_away = false) const {
    Mark mark;
    mark.now = now;
    mark.was_away = was_away;
    good(store->mark(mark));
  }

  void edit(const std::function<void(WriteTxn&)>& change_it) const {
    const auto txn = good(backend->begin_write());
    change_it(*txn);
    good(txn->commit());
  }

  template <class Record>
  void edit(Table table, const std::string& key, const std::function<void(Record&)>& change_it) const {
    edit([&](WriteTxn& txn) {
      auto record = good(load<Record>(txn, table, key));
      REQUIRE(record.has_value());
      change_it(*record);
      good(save(txn, table, key, *record));
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

TEST_CASE("a check finds checkpoints that the log does not make") {
  const Fixture f;
  SECTION("another status") {
    f.edit<CheckpointRecord>(Table::nvr_events, nvr_event_key(1, 32),
                             [](CheckpointRecord& record) { record.nvr.cameras[0].status = Status::offline(); });
    f.finds("the checkpoint at event 32 is not what the log makes");
  }
  SECTION("at the wrong event") {
    f.edit([](WriteTxn& txn) {
      const auto record = *good(load<CheckpointRecord>(txn, Table::nvr_events, nvr_event_key(1, 32)));
      good(save(txn, Table::nvr_events, nvr_event_key(1, 1), record));
    });
    f.finds("the checkpoint at event 1 is not what the log makes");
  }
  SECTION("of an NVR that was removed") {
    f.edit([](WriteTxn& txn) {
      good(save(txn, Table::nvr_events, nvr_event_key(2, 34), CheckpointRecord{nvr_named("b")}));
    });
    f.finds("the checkpoint at event 34 is not what the log makes");
  }
  SECTION("no checkpoint at all") {
    f.edit([](WriteTxn& txn) { good(txn.put(Table::nvr_events, nvr_event_key(1, 5), "?")); });
    f.finds("record 1/5 of table nvr_events is too short");
  }
}

TEST_CASE("a check finds numbers in events that the log does not make") {
  const Fixture f;
  SECTION("after") {
    f.edit<Event>(Table::events, event_key(2), [](Event& event) { ++event.after.cameras_other; });
    f.finds("event 2 tells other numbers of its NVR than the log");
  }
  SECTION("before") {
    f.edit<Event>(Table::events, event_key(34), [](Event& event) { event.before.there = false; });
    f.finds("event 34 tells other numbers of its NVR than the log");
  }
}

TEST_CASE("a check finds runs that overlap or are missing") {
  const Fixture f;
  SECTION("one that ends before it begins") {
    f.edit<RunRecord>(Table::runs, run_key(1), [](RunRecord& run) { run.to = run.from - 1; });
    f.finds("record 1 of table runs does not follow the one before");
  }
  SECTION("two at once") {
    f.edit<RunRecord>(Table::runs, run_key(2), [](RunRecord& run) { run.from = 103'999; });
    f.finds("record 2 of table runs does not follow the one before");
  }
  SECTION("a number too far") {
    f.edit([](WriteTxn& txn) { good(save(txn, Table::runs, run_key(4), RunRecord{300'000, 300'000})); });
    f.finds("record 4 of table runs does not follow the one before");
  }
}

TEST_CASE("a check finds samples that the log does not make") {
  const Fixture f;
  SECTION("other counts") {
    f.edit<SampleRecord>(Table::samples, sample_key(104'000),
                         [](SampleRecord& sample) { ++sample.counts.cameras_online; });
    f.finds("record 104000 of table samples does not have the counts that the log makes");
  }
  SECTION("another head") {
    f.edit<SampleRecord>(Table::samples, sample_key(104'000), [](SampleRecord& sample) { sample.head = 1; });
    f.finds("record 104000 of table samples does not have the counts that the log makes");
  }
  SECTION("of an event that is still to come") {
    f.edit<SampleRecord>(Table::samples, sample_key(200'000), [](SampleRecord& sample) { sample.head = 99; });
    f.finds("record 200000 of table samples is of no event");
  }
  SECTION("going back") {
    f.edit<SampleRecord>(Table::samples, sample_key(200'000), [](SampleRecord& sample) { sample.head = 0; });
    f.finds("record 200000 of table samples does not follow the one before");
  }
}

TEST_CASE("a check finds former names that lead nowhere, and those that are missing") {
  const Fixture f;
  SECTION("to an NVR that had another") {
    f.edit<HostnameRecord>(Table::former_names, "b", [](HostnameRecord& record) { record.id = 1; });
    f.finds("record \"b\" of table former_names leads to no NVR that was removed under it");
  }
  SECTION("of nobody") {
    f.edit([](WriteTxn& txn) { good(save(txn, Table::former_names, "c", HostnameRecord{2})); });
    f.finds("record \"c\" of table former_names leads to no NVR");
  }
  SECTION("missing") {
    f.edit([](WriteTxn& txn) { good(txn.erase(Table::former_names, "b")); });
    f.finds("NVR 2 was removed, and is not found by its former name b");
  }
}
