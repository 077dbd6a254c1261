#include <algorithm>

#include "store/history.hpp"
#include "store/support/faulty_backend.hpp"
#include "store/support/stores.hpp"
#include "store/tables.hpp"

using namespace nvrhub::test;

namespace {

constexpr WallMillis start = 1'700'000'000'000; // 20 s into a minute
constexpr WallMillis hour = 3'600'000;

/// A server's store, through restarts. A twin in memory can't be opened again.
struct Marked {
  Marked() { open(); }
  void open() {
    store.reset();
    store = good(Store::open(twin.open()));
  }
  void mark(WallMillis now, WallMillis keep_from = 0, bool was_away = false) {
    Mark mark;
    mark.now = now;
    mark.keep_from = keep_from;
    mark.was_away = was_away;
    good(store->mark(mark));
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

  Twin twin{Twin::Kind::lmdb};
  std::unique_ptr<Store> store;
};

using Spans = std::vector<Span>;

} // namespace

TEST_CASE("runs last from their first mark to their last") {
  Marked m;
  CHECK(m.runs().empty());
  m.mark(start);
  CHECK(m.runs() == Spans{{start, start}});
  m.mark(start + 4'000);
  m.mark(start + 8'000);
  CHECK(m.runs() == Spans{{start, start + 8'000}});
  m.open();
  CHECK(m.runs().size() == 1); // opening a store is no run: `check` does it too
  m.mark(start + 60'000);
  m.mark(start + 64'000);
  CHECK(m.runs() == Spans{{start, start + 8'000}, {start + 60'000, start + 64'000}});
  CHECK(m.runs(start + 8'000).size() == 2);
  CHECK(m.runs(start + 8'001).size() == 1);
  CHECK(m.runs(start + 64'001) == Spans{{start + 60'000, start + 64'000}}); // it may go on
  require_clean(*m.store);
}

TEST_CASE("a server that was killed lived until its last event at least") {
  Marked m;
  m.mark(start);
  m.event(start + 3'000);
  m.open();
  m.mark(start + 10'000);
  CHECK(m.runs() == Spans{{start, start + 3'000}, {start + 10'000, start + 10'000}});
  m.event(start + 10'500); // this one's own: the run before stays as it is
  m.open();
  m.mark(start + 20'000);
  CHECK(m.runs()[0] == Span{start, start + 3'000});
  CHECK(m.runs()[1] == Span{start + 10'000, start + 10'500});
}

TEST_CASE("a server that was killed did not live until an event that a clock far ahead has dated") {
  Marked m;
  m.mark(start);
  m.event(start + 24 * hour);
  m.open();
  m.mark(start + 10'000); // the clock is right again
  CHECK(m.runs() == Spans{{start, start}, {start + 24 * hour, start + 24 * hour}});
  require_clean(*m.store);
}

TEST_CASE("marks never go back, whatever the clock does") {
  Marked m;
  m.mark(start);
  m.mark(start + 8'000);
  m.mark(start + 5'000);
  CHECK(m.runs() == Spans{{start, start + 8'000}});
  m.event(start + 9'000);
  m.mark(start + 5'000);
  CHECK(m.runs() == Spans{{start, start + 9'000}});
  m.open();
  m.mark(start - hour);
  CHECK(m.runs() == Spans{{start, start + 9'000}, {start + 9'000, start + 9'000}});
  CHECK(m.sample(start + 9'000)->head == 1);
  require_clean(*m.store);
}

TEST_CASE("time in which the process was elsewhere is in no run") {
  Marked m;
  m.mark(start);
  m.mark(start + 4'000);
  m.mark(start + hour, 0, true);
  m.mark(start + hour + 4'000);
  CHECK(m.runs() == Spans{{start, start + 4'000}, {start + hour, start + hour + 4'000}});
  require_clean(*m.store);
}

TEST_CASE("a mark that fails leaves no trace, and the next one begins the run") {
  NVRHUB_FOR_EACH_TWIN(twin);
  const auto faults = std::make_shared<Faults>();
  const auto store = good(Store::open(make_faulty_backend(twin.open(), faults)));
  const auto before = rows_of(*store);
  faults->failing_commits = 1;
  Mark mark;
  mark.now = start;
  CHECK(store->mark(mark).error().code == Errc::io);
  CHECK(rows_of(*store) == before);
  mark.now = start + 1'000;
  good(store->mark(mark));
  mark.now = start + 2'000;
  good(store->mark(mark));
  const Snapshot snapshot = good(store->snapshot());
  CHECK(good(History(snapshot).runs(0)) == Spans{{start + 1'000, start + 2'000}});
}

TEST_CASE("a sample tells the head and the counts of its mark") {
  Marked m;
  CHECK_FALSE(m.sample(start).has_value());
  m.mark(start);
  m.event(start + 100);
  m.event(start + 200);
  m.mark(start + 4'000);
  CHECK_FALSE(m.sample(start - 1).has_value());
  CHECK(m.sample(start)->head == 0);
  CHECK(m.sample(start + 3'999)->head == 0);
  const auto sample = m.sample(start + 7'000);
  REQUIRE(sample.has_value());
  CHECK(sample->at == start + 4'000);
  CHECK(sample->head == 2);
  CHECK(sample->counts == Counts{0, 2, 0, 2, 0});
}

TEST_CASE("after two hours one sample a minute is left") {
  Marked m;
  std::vector<WallMillis> marks;
  const auto run_until = [&](WallMillis end, WallMillis begin) {
    for (WallMillis now = begin; now <= end; now += 4'000 + now % 700) { // never quite on time
      m.mark(now);
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

  m.open(); // down for longer than samples are kept unthinned, then for less
  run_until(marks.back() + 3 * hour + 100'000, marks.back() + 3 * hour);
  CHECK(m.samples() == expected(marks.back()));
  m.open();
  run_until(marks.back() + hour + 300'000, marks.back() + hour);
  CHECK(m.samples() == expected(marks.back()));
  require_clean(*m.store);
}

TEST_CASE("old runs and samples are dropped, what still counts stays") {
  Marked m;
  for (int run = 0; run < 3; ++run) {
    m.open();
    const WallMillis begin = start + run * 10 * hour;
    for (int i = 0; i < 40; ++i)
      m.mark(begin + i * 60'000);
  }
  REQUIRE(m.runs().size() == 3);
  REQUIRE(m.samples().size() == 120);
  const WallMillis keep_from = start + 10 * hour + 20 * 60'000; // half of the second run
  m.mark(start + 21 * hour, keep_from);
  CHECK(m.runs().size() == 2);
  CHECK(m.samples().front() == keep_from);
  CHECK(m.samples().size() == 61);

  m.mark(start + 22 * hour, start + 22 * hour); // as far as one mark goes
  m.mark(start + 22 * hour + 1, start + 22 * hour);
  CHECK(m.runs().size() == 1);
  CHECK(m.samples() == std::vector<WallMillis>{start + 22 * hour, start + 22 * hour + 1});
}

TEST_CASE("history begins with the first run, or where it was pruned") {
  Marked m;
  CHECK(m.history_begin() == 0);
  m.mark(start);
  CHECK(m.history_begin() == start);
  m.event(start + 100);
  m.event(start + 200);
  CHECK(good(m.store->prune(start + 150, 10)) == 1);
  CHECK(m.history_begin() == start + 100);
  CHECK(good(m.store->prune(start + hour, 10)) == 1);
  CHECK(m.history_begin() == start + 200);
  require_clean(*m.store);
}
