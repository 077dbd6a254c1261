#include <algorithm>

#include "store/history/history.hpp"
#include "store/records/tables.hpp"
#include "store/support/faulty_backend.hpp"
#include "store/support/stores.hpp"

using namespace nvrhub::test;

namespace {

constexpr WallMillis start = 1'700'000'000'000; // 20 s into a minute
constexpr WallMillis hour = 3'600'000;

/// The store of a server that is restarted. On LMDB, because the memory backend cannot be reopened.
struct LivenessFixture {
  LivenessFixture() { open(); }
  void open() {
    store.reset();
    store = good(Store::open(fixture.open()));
    begins_run = true;
  }
  void record_liveness(WallMillis now, WallMillis keep_from = 0, bool clock_discontinuity = false) {
    LivenessRecord liveness;
    liveness.now = now;
    liveness.keep_from = keep_from;
    liveness.begins_run = std::exchange(begins_run, false);
    liveness.clock_discontinuity = clock_discontinuity;
    good(store->record_liveness(liveness));
  }
  void event(WallMillis at) {
    Write write = write_of(0, {registered(nvr_named("nvr " + std::to_string(at), {"door"}), at)});
    committed(*store, write);
  }
  std::vector<Span> runs(WallMillis since = 0) const {
    const Snapshot snapshot = good(store->snapshot());
    return good(History(snapshot).runs(since));
  }
  std::optional<Sample> sample(WallMillis time) const {
    const Snapshot snapshot = good(store->snapshot());
    return good(History(snapshot).sample_at(time));
  }
  WallMillis history_begin() const {
    const Snapshot snapshot = good(store->snapshot());
    return good(History(snapshot).begin());
  }
  std::vector<WallMillis> samples() const {
    std::vector<WallMillis> times;
    for (auto at = sample(start + 1'000 * hour); at; at = sample(at->at - 1))
      times.push_back(at->at);
    std::reverse(times.begin(), times.end());
    return times;
  }

  BackendFixture fixture{BackendFixture::Kind::lmdb};
  std::unique_ptr<Store> store;
  bool begins_run = true;
};

using Spans = std::vector<Span>;

} // namespace

TEST_CASE("liveness: a run lasts from its first record to its last") {
  LivenessFixture m;
  CHECK(m.runs().empty());
  m.record_liveness(start);
  CHECK(m.runs() == Spans{{start, start}});
  m.record_liveness(start + 4'000);
  m.record_liveness(start + 8'000);
  CHECK(m.runs() == Spans{{start, start + 8'000}});
  m.open();
  CHECK(m.runs().size() == 1); // opening a store does not begin a run: `check` opens it too
  m.record_liveness(start + 60'000);
  m.record_liveness(start + 64'000);
  CHECK(m.runs() == Spans{{start, start + 8'000}, {start + 60'000, start + 64'000}});
  CHECK(m.runs(start + 8'000).size() == 2);
  CHECK(m.runs(start + 8'001).size() == 1);
  CHECK(m.runs(start + 64'001) == Spans{{start + 60'000, start + 64'000}}); // it may continue
  require_clean(*m.store);
}

TEST_CASE("liveness: a killed server ran at least until its last event") {
  LivenessFixture m;
  m.record_liveness(start);
  m.event(start + 3'000);
  m.open();
  m.record_liveness(start + 10'000);
  CHECK(m.runs() == Spans{{start, start + 3'000}, {start + 10'000, start + 10'000}});
  m.event(start + 10'500); // belongs to this run: the previous run does not change
  m.open();
  m.record_liveness(start + 20'000);
  CHECK(m.runs()[0] == Span{start, start + 3'000});
  CHECK(m.runs()[1] == Span{start + 10'000, start + 10'500});
}

TEST_CASE("liveness: an event dated far ahead does not extend the run of a killed server") {
  LivenessFixture m;
  m.record_liveness(start);
  m.event(start + 24 * hour);
  m.open();
  m.record_liveness(start + 10'000); // the clock is correct again
  CHECK(m.runs() == Spans{{start, start}, {start + 24 * hour, start + 24 * hour}});
  require_clean(*m.store);
}

TEST_CASE("liveness: recorded times never decrease, whatever the clock does") {
  LivenessFixture m;
  m.record_liveness(start);
  m.record_liveness(start + 8'000);
  m.record_liveness(start + 5'000);
  CHECK(m.runs() == Spans{{start, start + 8'000}});
  m.event(start + 9'000);
  m.record_liveness(start + 5'000);
  CHECK(m.runs() == Spans{{start, start + 9'000}});
  m.open();
  m.record_liveness(start - hour);
  CHECK(m.runs() == Spans{{start, start + 9'000}, {start + 9'000, start + 9'000}});
  CHECK(m.sample(start + 9'000)->head == 1);
  require_clean(*m.store);
}

TEST_CASE("liveness: a clock discontinuity begins a new run") {
  LivenessFixture m;
  m.record_liveness(start);
  m.record_liveness(start + 4'000);
  m.record_liveness(start + hour, 0, true);
  m.record_liveness(start + hour + 4'000);
  CHECK(m.runs() == Spans{{start, start + 4'000}, {start + hour, start + hour + 4'000}});
  require_clean(*m.store);
}

TEST_CASE("liveness: a failed record changes nothing, and the next one begins the run") {
  NVRHUB_FOR_EACH_BACKEND(fixture);
  const auto faults = std::make_shared<Faults>();
  const auto store = good(Store::open(make_faulty_backend(fixture.open(), faults)));
  const auto before = rows_of(*store);
  faults->failing_commits = 1;
  LivenessRecord liveness;
  liveness.now = start;
  CHECK(store->record_liveness(liveness).error().code == Errc::io);
  CHECK(rows_of(*store) == before);
  liveness.now = start + 1'000;
  good(store->record_liveness(liveness));
  liveness.now = start + 2'000;
  good(store->record_liveness(liveness));
  const Snapshot snapshot = good(store->snapshot());
  CHECK(good(History(snapshot).runs(0)) == Spans{{start + 1'000, start + 2'000}});
}

TEST_CASE("liveness: a sample has the head and the counts of its record") {
  LivenessFixture m;
  CHECK_FALSE(m.sample(start).has_value());
  m.record_liveness(start);
  m.event(start + 100);
  m.event(start + 200);
  m.record_liveness(start + 4'000);
  CHECK_FALSE(m.sample(start - 1).has_value());
  CHECK(m.sample(start)->head == 0);
  CHECK(m.sample(start + 3'999)->head == 0);
  const auto sample = m.sample(start + 7'000);
  REQUIRE(sample.has_value());
  CHECK(sample->at == start + 4'000);
  CHECK(sample->head == 2);
  CHECK(sample->counts == Counts{0, 2, 0, 2, 0});
}

TEST_CASE("liveness: after two hours one sample per minute is retained") {
  LivenessFixture m;
  std::vector<WallMillis> marks;
  const auto run_until = [&](WallMillis end, WallMillis begin) {
    for (WallMillis now = begin; now <= end; now += 4'000 + now % 700) { // with jitter
      m.record_liveness(now);
      marks.push_back(now);
    }
  };
  const auto expected = [&](WallMillis now) {
    std::vector<WallMillis> kept;
    for (const WallMillis at : marks) {
      const bool first = kept.empty() || kept.back() / 60'000 != at / 60'000;
      if (first || at >= now - 2 * hour) kept.push_back(at);
    }
    return kept;
  };
  run_until(start + 2 * hour + 600'000, start);
  CHECK(m.samples() == expected(marks.back()));
  CHECK(marks.size() > m.samples().size() + 100);

  m.open(); // down for longer than the two hours, then for less
  run_until(marks.back() + 3 * hour + 100'000, marks.back() + 3 * hour);
  CHECK(m.samples() == expected(marks.back()));
  m.open();
  run_until(marks.back() + hour + 300'000, marks.back() + hour);
  CHECK(m.samples() == expected(marks.back()));
  require_clean(*m.store);
}

TEST_CASE("liveness: only runs and samples before keep_from are deleted") {
  LivenessFixture m;
  for (int run = 0; run < 3; ++run) {
    m.open();
    const WallMillis begin = start + run * 10 * hour;
    for (int i = 0; i < 40; ++i)
      m.record_liveness(begin + i * 60'000);
  }
  REQUIRE(m.runs().size() == 3);
  REQUIRE(m.samples().size() == 120);
  const WallMillis keep_from = start + 10 * hour + 20 * 60'000; // the middle of the second run
  m.record_liveness(start + 21 * hour, keep_from);
  CHECK(m.runs().size() == 2);
  CHECK(m.samples().front() == keep_from);
  CHECK(m.samples().size() == 61);

  m.record_liveness(start + 22 * hour, start + 22 * hour); // one record deletes a limited number
  m.record_liveness(start + 22 * hour + 1, start + 22 * hour);
  CHECK(m.runs().size() == 1);
  CHECK(m.samples() == std::vector<WallMillis>{start + 22 * hour, start + 22 * hour + 1});
}

TEST_CASE("liveness: the last time and the vouched time are stored") {
  LivenessFixture m;
  CHECK(good(good(m.store->snapshot()).times()).last == 0);
  m.record_liveness(start);
  m.event(start + 3'000);
  CHECK(good(good(m.store->snapshot()).times()).last == start + 3'000);
  LivenessRecord liveness;
  liveness.now = start + 4'000;
  liveness.vouched = start + 500;
  good(m.store->record_liveness(liveness));
  m.record_liveness(start + 8'000); // does not know it: unchanged
  m.open();
  const auto times = good(good(m.store->snapshot()).times());
  CHECK(times.last == start + 8'000);
  CHECK(times.vouched == start + 500);
  require_clean(*m.store);
}

TEST_CASE("history: it begins with the first run, or at the last pruned event") {
  LivenessFixture m;
  CHECK(m.history_begin() == 0);
  m.record_liveness(start);
  CHECK(m.history_begin() == start);
  m.event(start + 100);
  m.event(start + 200);
  CHECK(good(m.store->prune(start + 150, 10)) == 1);
  CHECK(m.history_begin() == start + 100);
  CHECK(good(m.store->prune(start + hour, 10)) == 1);
  CHECK(m.history_begin() == start + 200);
  require_clean(*m.store);
}
