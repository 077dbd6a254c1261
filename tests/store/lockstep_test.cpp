#include <algorithm>

#include "store/support/random_fleet.hpp"
#include "store/support/stores.hpp"

using namespace nvrhub::test;

namespace {

/// The fleet of a snapshot, without the fields that events do not have.
Fleet fleet_in(const Store& store) {
  Fleet fleet;
  good(good(store.snapshot()).each_nvr(0, [&](Nvr&& nvr) {
    const NvrId id = nvr.id;
    nvr.version = 0;
    nvr.last_seen = 0;
    nvr.session = 0;
    fleet.emplace(id, std::move(nvr));
    return true;
  }));
  return fleet;
}

Fleet without_presence(Fleet fleet) {
  for (auto& [id, nvr] : fleet)
    nvr.last_seen = nvr.session = 0;
  return fleet;
}

/// The store on disk is reopened now and then, which begins a run.
auto rows_but_runs(const Store& store) {
  auto rows = rows_of(store);
  const std::string prefix = std::to_string(static_cast<int>(Table::runs)) + "/";
  std::erase_if(rows, [&](const auto& row) { return row.first.starts_with(prefix); });
  return rows;
}

Counts counts_of(const Fleet& fleet) {
  Counts counts;
  for (const auto& [id, nvr] : fleet) {
    ++(nvr.online ? counts.nvrs_online : counts.nvrs_offline);
    for (const Camera& camera : nvr.cameras) {
      ++(camera.status.is_online()    ? counts.cameras_online
         : camera.status.is_offline() ? counts.cameras_offline
                                      : counts.cameras_other);
    }
  }
  return counts;
}

struct Pair {
  BackendFixture lmdb{BackendFixture::Kind::lmdb};
  std::unique_ptr<Store> on_disk = good(Store::open(lmdb.open()));
  std::unique_ptr<Store> in_memory = good(Store::open(make_memory_backend()));

  /// Applies `act` to both stores, which must return the same.
  template <class Do>
  auto both(Do act) {
    auto one = act(*on_disk);
    auto other = act(*in_memory);
    REQUIRE(one == other);
    return one;
  }

  void reopen() {
    on_disk.reset();
    on_disk = good(Store::open(lmdb.open()));
  }
};

using Outcomes = std::vector<Result<NvrId>>;

bool same(const Outcomes& a, const Outcomes& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x ? (y && *x == *y) : (!y && x.error().code == y.error().code && x.error().message == y.error().message);
  });
}

Outcomes commit_both(Pair& pair, std::vector<Write>& batch) {
  std::vector<Write> again = batch;
  Outcomes one;
  Outcomes other;
  good(pair.on_disk->commit(batch, one));
  good(pair.in_memory->commit(again, other));
  REQUIRE(one.size() == batch.size());
  REQUIRE(same(one, other));
  for (std::size_t i = 0; i < batch.size(); ++i)
    REQUIRE(batch[i].events == again[i].events);
  return one;
}

void prune_both(Pair& pair, RandomFleet& model) {
  const auto events = events_in(*pair.on_disk);
  if (events.empty()) return;
  const WallMillis before = events[model.random()() % events.size()].at + 1;
  const std::uint64_t limit = model.random()() % 60;
  const auto expected = static_cast<std::uint64_t>(
      std::count_if(events.begin(), events.end(), [&](const Event& event) { return event.at < before; }));
  const std::uint64_t pruned = pair.both([&](Store& store) { return good(store.prune(before, limit)); });
  REQUIRE(pruned == std::min(expected, limit));
  const auto left = events_in(*pair.on_disk);
  REQUIRE(left == std::vector<Event>(events.begin() + static_cast<std::ptrdiff_t>(pruned), events.end()));
}

void record_liveness_both(Pair& pair, RandomFleet& model) {
  std::vector<std::pair<NvrId, WallMillis>> seen;
  for (int i = 0; i < 5; ++i) {
    seen.emplace_back(static_cast<NvrId>(model.random()() % 60), 1'700'000'000'000 + model.random()() % 5'000);
  }
  LivenessRecord liveness;
  liveness.now = 1'700'000'000'000 + static_cast<WallMillis>(model.random()() % 20'000);
  liveness.clock_discontinuity = model.random()() % 4 == 0;
  liveness.seen = seen;
  good(pair.on_disk->record_liveness(liveness));
  good(pair.in_memory->record_liveness(liveness));
}

} // namespace

TEST_CASE("both backends and the replayed log agree, whatever is written") {
  const auto seed = random_seed();
  CAPTURE(seed);
  Pair pair;
  RandomFleet model(seed);
  std::vector<Event> log;
  for (int round = 0; round < 400; ++round) {
    std::vector<Write> batch = model.next_batch();
    const Outcomes outcomes = commit_both(pair, batch);
    model.committed(batch, outcomes);
    REQUIRE(rows_but_runs(*pair.on_disk) == rows_but_runs(*pair.in_memory));
    const Fleet expected = without_presence(model.fleet());
    REQUIRE(fleet_in(*pair.on_disk) == expected);
    REQUIRE(good(good(pair.on_disk->snapshot()).counts()) == counts_of(expected));
    if (round % 7 == 0) record_liveness_both(pair, model);
    if (round % 11 == 0) prune_both(pair, model);
    if (round % 50 == 49) pair.reopen();
    if (round % 5 == 0) {
      require_clean(*pair.on_disk);
      require_clean(*pair.in_memory);
    }
  }
  require_clean(*pair.on_disk);
  REQUIRE(rows_but_runs(*pair.on_disk) == rows_but_runs(*pair.in_memory));
  // The fleet is not empty: an empty one would match anything.
  CHECK(model.fleet().size() > 3);
  CHECK(good(good(pair.on_disk->snapshot()).head()) > 100);
}
