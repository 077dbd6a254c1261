// Stores that apply the same entries hold the same data.
#include "store/entry/codec.hpp"
#include "store/entry/replicated.hpp"

#include <algorithm>

#include "store/records/records.hpp"
#include "store/support/faulty_backend.hpp"
#include "store/support/random_fleet.hpp"
#include "store/support/stores.hpp"

using namespace nvrhub::test;

namespace {

using WriteOutcomes = std::vector<Result<NvrId>>;

bool same_outcomes(const WriteOutcomes& a, const WriteOutcomes& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x ? (y && *x == *y) : (!y && x.error().code == y.error().code && x.error().message == y.error().message);
  });
}

Applied applied(Store& store, const Entry& entry) {
  return good(store.apply(entry::encode(entry), OnDamage::stop));
}

void require_same_data(const Store& one, const Store& other) {
  const Snapshot left = good(one.snapshot());
  const Snapshot right = good(other.snapshot());
  const auto difference = good(first_difference(left.txn(), right.txn()));
  if (difference) FAIL("they differ in " << *difference);
  REQUIRE(good(digest_of_replicated(left.txn())) == good(digest_of_replicated(right.txn())));
}

/// Applies the Writes of batches in batches of other sizes.
class OtherBorders {
public:
  OtherBorders(Store& store, Random& random) : store_(store), random_(random) {}

  void add(const std::vector<Write>& batch) {
    writes_.insert(writes_.end(), batch.begin(), batch.end());
    while (writes_.size() > random_() % 12)
      apply(1 + random_() % writes_.size());
  }
  WriteOutcomes flush() {
    if (!writes_.empty()) apply(writes_.size());
    return std::exchange(outcomes_, {});
  }

private:
  void apply(std::size_t count) {
    const auto end = writes_.begin() + static_cast<std::ptrdiff_t>(count);
    Applied done = applied(store_, entry::Batch{{writes_.begin(), end}});
    std::move(done.outcomes.begin(), done.outcomes.end(), std::back_inserter(outcomes_));
    writes_.erase(writes_.begin(), end);
  }

  Store& store_;
  Random& random_;
  std::vector<Write> writes_;
  WriteOutcomes outcomes_;
};

/// Three stores: one is called directly, the others get encoded entries, one of these with other borders of batches.
struct Replicas {
  explicit Replicas(std::uint64_t seed) : model(seed) {}

  BackendFixture lmdb{BackendFixture::Kind::lmdb};
  std::unique_ptr<Store> direct = good(Store::open(make_memory_backend()));
  std::unique_ptr<Store> by_bytes = good(Store::open(lmdb.open()));
  std::unique_ptr<Store> regrouped = good(Store::open(make_memory_backend()));
  RandomFleet model;
  OtherBorders others{*regrouped, model.random()};
  WriteOutcomes outcomes; // since regrouped was last compared

  void write() {
    std::vector<Write> batch = model.next_batch();
    const std::vector<Write> draft = batch;
    others.add(draft);
    WriteOutcomes one;
    good(direct->commit(batch, one, OnDamage::stop));
    const Applied other = applied(*by_bytes, entry::Batch{draft});
    REQUIRE(same_outcomes(one, other.outcomes));
    REQUIRE(other.batch.size() == batch.size());
    for (std::size_t i = 0; i < batch.size(); ++i) {
      REQUIRE(other.batch[i].events == batch[i].events);
      REQUIRE(other.batch[i].version == batch[i].version);
    }
    model.committed(batch, one);
    std::move(one.begin(), one.end(), std::back_inserter(outcomes));
  }

  void record_liveness() {
    LivenessRecord liveness;
    liveness.now = 1'700'000'000'000 + static_cast<WallMillis>(model.random()() % 20'000'000);
    liveness.keep_from = 1'700'000'000'000 - static_cast<WallMillis>(model.random()() % 20'000);
    liveness.vouched = static_cast<WallMillis>(model.random()() % 3);
    liveness.clock_discontinuity = model.random()() % 4 == 0;
    liveness.begins_run = model.random()() % 4 == 0;
    for (int i = 0; i < 5; ++i)
      liveness.seen.emplace_back(static_cast<NvrId>(model.random()() % 60), model.random()() % 2'000'000'000'000);
    good(direct->record_liveness(liveness));
    applied(*by_bytes, liveness);
    applied(*regrouped, liveness);
  }

  void prune() {
    const auto events = events_in(*direct);
    if (events.empty()) return;
    const entry::Prune prune{events[model.random()() % events.size()].at + 1, model.random()() % 60};
    const std::uint64_t pruned = good(direct->prune(prune.before, prune.limit));
    REQUIRE(applied(*by_bytes, prune).pruned == pruned);
    REQUIRE(applied(*regrouped, prune).pruned == pruned);
  }

  void checkpoint() {
    entry::Checkpoint checkpoint;
    for (NvrId id = 0; id < 60; ++id)
      checkpoint.changed.push_back(id);
    checkpoint.max = 1 + model.random()() % 20;
    const std::size_t examined = good(direct->checkpoint(checkpoint.changed, checkpoint.max));
    REQUIRE(applied(*by_bytes, checkpoint).examined == examined);
    REQUIRE(applied(*regrouped, checkpoint).examined == examined);
  }

  void reserve_sessions() {
    const std::uint64_t count = model.random()() % 1'000;
    const SessionNumber first = good(direct->reserve_sessions(count));
    REQUIRE(applied(*by_bytes, entry::Sessions{count}).first_session == first);
    REQUIRE(applied(*regrouped, entry::Sessions{count}).first_session == first);
  }

  void compare() {
    REQUIRE(same_outcomes(outcomes, others.flush()));
    outcomes.clear();
    require_same_data(*direct, *by_bytes);
    require_same_data(*direct, *regrouped);
  }
};

} // namespace

TEST_CASE("a random log gives equal stores, applied directly, as bytes, and with other borders of batches") {
  const auto seed = random_seed();
  CAPTURE(seed);
  Replicas replicas(seed);
  for (int round = 0; round < 400; ++round) {
    replicas.write();
    if (round % 7 != 0) continue;
    replicas.compare(); // what follows must come at the same place between the Writes
    replicas.record_liveness();
    if (round % 3 == 0) replicas.prune();
    if (round % 2 == 0) replicas.checkpoint();
    replicas.reserve_sessions();
    replicas.compare();
  }
  replicas.compare();
  require_clean(*replicas.direct);
  require_clean(*replicas.by_bytes);
  require_clean(*replicas.regrouped);
  CHECK(replicas.model.fleet().size() > 3); // empty stores would be equal, too
  CHECK(good(good(replicas.direct->snapshot()).head()) > 100);
}

TEST_CASE("an entry whose commit failed has changed nothing, and gives the same when it is applied again") {
  const auto faults = std::make_shared<Faults>();
  const auto store = good(Store::open(make_faulty_backend(make_memory_backend(), faults)));
  const auto other = good(Store::open(make_memory_backend()));
  const Entry entries[] = {
      entry::Batch{{write_of(0, {registered(nvr_named("a", {"door"}), 1'000)}, 3)}},
      LivenessRecord{.now = 2'000, .begins_run = true, .seen = {{1, 1'500}}, .applied = {}},
      entry::Sessions{10},
      entry::Prune{1'001, 10},
  };
  for (const Entry& entry : entries) {
    faults->failing_commits = 1;
    CHECK(store->apply(entry::encode(entry), OnDamage::stop).error().code == Errc::io);
    require_same_data(*store, *other);
    applied(*store, entry);
    applied(*other, entry);
    require_same_data(*store, *other);
  }
  require_clean(*store);
}

TEST_CASE("bytes that are no entry change nothing") {
  const auto store = good(Store::open(make_memory_backend()));
  const auto before = rows_of(*store);
  CHECK(store->apply("", OnDamage::stop).error().code == Errc::malformed);
  CHECK(store->apply("\x01\x0a", OnDamage::stop).error().code == Errc::malformed);
  CHECK(rows_of(*store) == before);
}

TEST_CASE("session numbers do not overflow") {
  const auto store = good(Store::open(make_memory_backend()));
  CHECK(good(store->reserve_sessions(~0ULL - 2)) == 1);
  CHECK(store->reserve_sessions(2).error().code == Errc::malformed);
  CHECK(good(store->reserve_sessions(1)) == ~0ULL - 1);
}

TEST_CASE("a difference between two stores is found and named") {
  const auto one = good(Store::open(make_memory_backend()));
  const auto other = good(Store::open(make_memory_backend()));
  const auto add = [](Store& store, const std::string& hostname) {
    Write write = write_of(0, {registered(nvr_named(hostname, {"door"}), 1'000)});
    return committed(store, write);
  };
  require_same_data(*one, *other); // their epochs differ
  add(*one, "a");
  const auto difference = [&] {
    return good(first_difference(good(one->snapshot()).txn(), good(other->snapshot()).txn()));
  };
  REQUIRE(difference());
  add(*other, "b");
  REQUIRE(difference());
  CHECK(difference()->find("nvrs") != std::string::npos);
  CHECK(good(digest_of_replicated(good(one->snapshot()).txn())) !=
        good(digest_of_replicated(good(other->snapshot()).txn())));
}

TEST_CASE("only the rows of one data directory are not replicated") {
  CHECK_FALSE(is_replicated(Table::meta, meta::schema));
  CHECK_FALSE(is_replicated(Table::meta, meta::epoch));
  CHECK_FALSE(is_replicated(Table::meta, meta::identity));
  CHECK_FALSE(is_replicated(Table::meta, meta::sidecar));
  for (const std::string_view key : {meta::head, meta::counts, meta::sessions, meta::tokens, meta::clock, meta::log})
    CHECK(is_replicated(Table::meta, key));
  for (std::size_t i = 1; i < table_count; ++i)
    CHECK(is_replicated(static_cast<Table>(i), meta::schema));
}
