#include <algorithm>
#include <map>

#include "store/history/history.hpp"
#include "store/support/random_fleet.hpp"
#include "store/support/stores.hpp"

using namespace nvrhub::test;

namespace {

/// A store and its complete log, including pruned events.
struct HistoryFixture {
  explicit HistoryFixture(const BackendFixture& fixture, std::uint64_t seed)
      : store(good(Store::open(fixture.open()))), model(seed) {}

  void run_batches(int batches) {
    std::vector<Result<NvrId>> outcomes;
    for (int i = 0; i < batches; ++i) {
      std::vector<Write> batch = model.next_batch();
      good(store->commit(batch, outcomes));
      model.committed(batch, outcomes);
      for (std::size_t w = 0; w < batch.size(); ++w) {
        if (outcomes[w]) log.insert(log.end(), batch[w].events.begin(), batch[w].events.end());
      }
      if (model.random()() % 8 == 0) checkpoint();
    }
  }

  void checkpoint() {
    std::vector<NvrId> all;
    for (NvrId id = 1; id < 2'000; ++id)
      all.push_back(id);
    good(store->checkpoint(all, 1 + model.random()() % 3));
  }

  void prune() {
    const Seq begin = log_begin();
    const Event& last = log[std::min<std::size_t>(log.size(), begin + model.random()() % 200) - 1];
    good(store->prune(last.at, 10 + model.random()() % 300));
  }

  Seq log_begin() const { return good(good(store->snapshot()).log_begin()); }

  std::unique_ptr<Store> store;
  RandomFleet model;
  std::vector<Event> log; // log[i] is event i + 1
};

/// Replays a log from the beginning.
class Replay {
public:
  explicit Replay(const std::vector<Event>& log) : log_(log) {}
  const Fleet& at(Seq seq) {
    for (; seq_ < seq; ++seq_)
      apply(fleet_, log_[seq_]);
    for (auto& [id, nvr] : fleet_)
      nvr.last_seen = nvr.session = 0;
    return fleet_;
  }

private:
  const std::vector<Event>& log_;
  Fleet fleet_;
  Seq seq_ = 0;
};

Fleet rebuilt(const History& history, Seq seq) {
  Fleet fleet;
  good(history.each_nvr_at(0, seq, [&](Nvr&& nvr) {
    const NvrId id = nvr.id;
    REQUIRE((fleet.empty() || fleet.rbegin()->first < id));
    fleet.emplace(id, std::move(nvr));
    return true;
  }));
  return fleet;
}

std::size_t checkpoints_in(const Store& store) {
  const Snapshot snapshot = good(store.snapshot());
  std::size_t found = 0;
  std::string key;
  for (;;) {
    const auto entry = good(snapshot.txn().lower_bound(Table::nvr_events, key));
    if (!entry) return found;
    found += entry->second.empty() ? 0 : 1;
    key = std::string(entry->first) + '\0';
  }
}

/// How soon there are checkpoints depends on the seed.
void run_until_checkpoints(HistoryFixture& f, std::size_t least) {
  for (int i = 0; i < 20 && checkpoints_in(*f.store) < least; ++i)
    f.run_batches(100);
  CHECK(checkpoints_in(*f.store) >= least);
}

/// Every state in the retained history equals the replayed one.
void require_rebuilt(HistoryFixture& f, Seq step) {
  const Snapshot snapshot = good(f.store->snapshot());
  const History history(snapshot);
  const Seq begin = good(snapshot.log_begin());
  Replay replay(f.log);
  for (Seq seq = begin - 1; seq <= f.log.size(); seq += step) {
    CAPTURE(seq, begin);
    const Fleet& expected = replay.at(seq);
    REQUIRE(rebuilt(history, seq) == expected);
    const auto id = static_cast<NvrId>(1 + f.model.random()() % 60);
    const auto at = expected.find(id);
    REQUIRE(good(history.nvr_at(id, seq)) == (at == expected.end() ? std::nullopt : std::optional(at->second)));
  }
  if (begin < 2) return;
  CHECK(history.nvr_at(1, begin - 2).error().code == Errc::not_found);
  CHECK(history.each_nvr_at(0, begin - 2, [](Nvr&&) { return true; }).error().code == Errc::not_found);
}

} // namespace

TEST_CASE("history: every past state equals the replayed log, with checkpoints and with pruned events") {
  NVRHUB_FOR_EACH_BACKEND(fixture);
  const auto seed = random_seed();
  CAPTURE(seed);
  HistoryFixture f(fixture, seed);
  f.run_batches(500);
  run_until_checkpoints(f, 3); // most seeds have them by now
  require_rebuilt(f, 13);
  require_clean(*f.store);
  for (int i = 0; i < 5; ++i) {
    f.prune();
    f.run_batches(30);
    require_rebuilt(f, 17);
    require_clean(*f.store);
  }
  CHECK(f.log_begin() > 50);
  run_until_checkpoints(f, 1);
  require_rebuilt(f, 17);
}

TEST_CASE("history: each_nvr_at starts after an id and stops when the visitor returns false") {
  NVRHUB_FOR_EACH_BACKEND(fixture);
  HistoryFixture f(fixture, 7);
  f.run_batches(200);
  const Snapshot snapshot = good(f.store->snapshot());
  const History history(snapshot);
  const Fleet whole = rebuilt(history, f.log.size() / 2);
  REQUIRE(whole.size() > 2);
  const NvrId after = whole.begin()->first;
  std::vector<NvrId> visited;
  good(history.each_nvr_at(after, f.log.size() / 2, [&](Nvr&& nvr) {
    visited.push_back(nvr.id);
    return visited.size() < 2;
  }));
  CHECK(visited == std::vector<NvrId>{std::next(whole.begin())->first, std::next(whole.begin(), 2)->first});
  good(history.each_nvr_at(std::numeric_limits<NvrId>::max(), 1,
                           [](Nvr&&) -> bool { throw "there is no NVR above the maximum id"; }));
}

TEST_CASE("history: seq_at finds the event at a time, with and without a lower bound") {
  NVRHUB_FOR_EACH_BACKEND(fixture);
  HistoryFixture f(fixture, random_seed());
  f.run_batches(150);
  for (int round = 0; round < 2; ++round) {
    const Snapshot snapshot = good(f.store->snapshot());
    const History history(snapshot);
    const Seq begin = good(snapshot.log_begin());
    for (WallMillis time = f.log.front().at - 2; time <= f.log.back().at + 2; time += 1 + time % 7) {
      const auto later = std::upper_bound(f.log.begin(), f.log.end(), time,
                                          [](WallMillis at, const Event& event) { return at < event.at; });
      const Seq expected = std::max<Seq>(begin - 1, static_cast<Seq>(later - f.log.begin()));
      REQUIRE(good(history.seq_at(time)) == expected);
      REQUIRE(good(history.seq_at(time, expected)) == expected);
      REQUIRE(good(history.seq_at(time, expected - expected / 3)) == expected);
    }
    f.prune();
  }
}

TEST_CASE("history: events in reverse are the same as forwards") {
  NVRHUB_FOR_EACH_BACKEND(fixture);
  HistoryFixture f(fixture, random_seed());
  f.run_batches(150);
  f.prune();
  const Snapshot snapshot = good(f.store->snapshot());
  const History history(snapshot);
  Random& random = f.model.random();
  for (int i = 0; i < 60; ++i) {
    const Seq since = random() % f.log.size();
    const Seq upto = random() % (f.log.size() + 2);
    const auto nvr = i % 2 == 0 ? std::nullopt : std::optional(static_cast<NvrId>(random() % 30));
    std::vector<Event> forwards;
    std::vector<Event> backwards;
    good(snapshot.each_event(since, upto, nvr, [&](Event&& event) {
      forwards.push_back(std::move(event));
      return true;
    }));
    good(history.each_event_reverse(since, upto, nvr, [&](Event&& event) {
      backwards.push_back(std::move(event));
      return backwards.size() < 1'000;
    }));
    std::reverse(backwards.begin(), backwards.end());
    REQUIRE(forwards == backwards);
  }
  int visited = 0;
  good(history.each_event_reverse(0, f.log.size(), std::nullopt, [&](Event&&) { return ++visited < 3; }));
  CHECK(visited == 3);
}

TEST_CASE("history: the event that took an NVR offline is found") {
  NVRHUB_FOR_EACH_BACKEND(fixture);
  const auto store = good(Store::open(fixture.open()));
  Write first = write_of(0, {registered(nvr_named("a", {"door"}), 100), change(Kind::nvr_online, 200, {}),
                             offline(300, Cause::timeout), event_of(Kind::conflict, 400)});
  const NvrId id = committed(*store, first);
  Write second = write_of(id, {change(Kind::nvr_online, 500, {}), offline(600, Cause::kicked)});
  committed(*store, second);
  const Snapshot snapshot = good(store->snapshot());
  const History history(snapshot);
  CHECK_FALSE(good(history.last_offline(id, 2)).has_value());
  CHECK(good(history.last_offline(id, 3))->cause == Cause::timeout);
  CHECK(good(history.last_offline(id, 5))->cause == Cause::timeout);
  CHECK(good(history.last_offline(id, 6))->cause == Cause::kicked);
  CHECK_FALSE(good(history.last_offline(id + 1, 6)).has_value());
}

TEST_CASE("a checkpoint is due after max(32, cameras / 2) events") {
  NVRHUB_FOR_EACH_BACKEND(fixture);
  const auto [cameras, wanted] = GENERATE(std::pair(3, 32), std::pair(64, 32), std::pair(100, 50));
  const auto store = good(Store::open(fixture.open()));
  std::vector<std::string> names;
  for (int i = 0; i < cameras; ++i)
    names.push_back("camera " + std::to_string(i));
  Write write = write_of(0, {registered(nvr_named("a", names), 100)});
  const NvrId id = committed(*store, write);
  const std::vector<NvrId> ids{id, id + 1};
  for (int events = 2; events <= 3 * wanted; ++events) {
    Write more = write_of(id, {event_of(Kind::conflict, 200)});
    committed(*store, more);
    CHECK(good(store->checkpoint(ids, 1'000)) == 2);
    REQUIRE(checkpoints_in(*store) == static_cast<std::size_t>(events / wanted));
  }
  require_clean(*store);
}

TEST_CASE("the number of checkpoints per call is limited") {
  const auto store = good(Store::open(make_memory_backend()));
  std::vector<NvrId> ids;
  for (int i = 0; i < 10; ++i) {
    std::vector<Event> events{registered(nvr_named("nvr " + std::to_string(i)), 100)};
    events.resize(i == 4 ? 2 : 40, event_of(Kind::conflict, 200));
    Write write = write_of(0, std::move(events));
    ids.push_back(committed(*store, write));
  }
  CHECK(good(store->checkpoint(ids, 3)) == 3);
  CHECK(checkpoints_in(*store) == 3);
  CHECK(good(store->checkpoint(std::span(ids).subspan(3), 2)) == 3); // one of them was not due
  CHECK(checkpoints_in(*store) == 5);
  CHECK(good(store->checkpoint(ids, 100)) == 10);
  CHECK(checkpoints_in(*store) == 9);
  CHECK(good(store->checkpoint(ids, 100)) == 10);
  CHECK(checkpoints_in(*store) == 9);
}

TEST_CASE("a removed NVR is found by its last hostname while its history is retained") {
  NVRHUB_FOR_EACH_BACKEND(fixture);
  const auto store = good(Store::open(fixture.open()));
  const auto former = [&](std::string_view hostname) {
    const Snapshot snapshot = good(store->snapshot());
    return good(History(snapshot).former_id_of(hostname));
  };
  Write one = write_of(0, {registered(nvr_named("a"), 100), event_of(Kind::removed, 200)});
  const NvrId first = committed(*store, one);
  CHECK(former("a") == first);
  CHECK(former("b") == std::nullopt);
  CHECK(former("") == std::nullopt);
  CHECK(former(std::string(600, 'x')) == std::nullopt);

  Write two = write_of(0, {registered(nvr_named("a"), 300)});
  const NvrId second = committed(*store, two);
  Write renamed = write_of(second, {registered(nvr_named("b"), 400)});
  committed(*store, renamed);
  Write gone = write_of(second, {event_of(Kind::removed, 500)});
  committed(*store, gone);
  CHECK(former("a") == first);
  CHECK(former("b") == second);
  Write three = write_of(0, {registered(nvr_named("a"), 600), event_of(Kind::removed, 700)});
  const NvrId third = committed(*store, three);
  CHECK(former("a") == third);
  require_clean(*store);

  CHECK(good(store->prune(300, 10)) == 2); // events of the first NVR; the hostname now belongs to the third
  CHECK(former("a") == third);
  require_clean(*store);
  CHECK(good(store->prune(550, 10)) == 3);
  CHECK(former("b") == std::nullopt);
  CHECK(former("a") == third);
  CHECK(good(store->prune(800, 10)) == 2);
  CHECK(former("a") == std::nullopt);
  require_clean(*store);
}
