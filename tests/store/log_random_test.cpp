// Stores that apply the same log hold the same data, however its entries are grouped into transactions.
#include <algorithm>

#include "store/backup/backup.hpp"
#include "store/entry/replicated.hpp"
#include "store/support/directories.hpp"
#include "store/support/random_fleet.hpp"
#include "store/support/test_log.hpp"

using namespace nvrhub::test;

namespace {

template <class T>
bool same_results(const std::vector<Result<T>>& a, const std::vector<Result<T>>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x ? (y && *x == *y) : (!y && x.error().code == y.error().code && x.error().message == y.error().message);
  });
}

void require_same(const Applied& a, const Applied& b) {
  REQUIRE(a.skipped == b.skipped);
  REQUIRE(a.origin == b.origin);
  REQUIRE(same_results(a.outcomes, b.outcomes));
  REQUIRE(same_results(a.claims, b.claims));
  REQUIRE(a.batch.size() == b.batch.size());
  for (std::size_t i = 0; i < a.batch.size(); ++i) {
    REQUIRE(a.batch[i].events == b.batch[i].events);
    REQUIRE(a.batch[i].version == b.batch[i].version);
  }
  REQUIRE(a.first_session == b.first_session);
  REQUIRE(a.examined == b.examined);
  REQUIRE(a.pruned == b.pruned);
  REQUIRE(a.lost == b.lost);
  REQUIRE(a.more == b.more);
}

void require_equal_stores(const Store& one, const Store& other) {
  const Snapshot left = good(one.snapshot());
  const Snapshot right = good(other.snapshot());
  const auto difference = good(first_difference(left.txn(), right.txn()));
  if (difference) FAIL("they differ in " << *difference);
  REQUIRE(good(digest_of_replicated(left.txn())) == good(digest_of_replicated(right.txn())));
}

const ClusterId some_cluster = "0123456789abcdef";

/// Appends random entries of all kinds to a log and applies each to the first store, one by one.
class RandomLog {
public:
  explicit RandomLog(std::uint64_t seed) : model_(seed) { good(node_.store->set_cluster(some_cluster)); }

  void append() {
    const Origin sender = any_sender();
    const Entry entry = any_entry(sender);
    Applied done = node_.apply(sender, entry);
    if (!done.batch.empty()) model_.committed(done.batch, done.outcomes);
    expired_ += std::holds_alternative<entry::Expire>(entry) ? done.batch.size() : 0;
    for (const auto& claim : done.claims)
      ++(claim ? claimed_ : fenced_);
    results_.push_back(std::move(done));
  }

  const Store& store() const { return *node_.store; }
  const std::vector<LogEntry>& entries() const { return node_.log.entries(); }
  const std::vector<Applied>& results() const { return results_; }
  Random& random() { return model_.random(); }
  void require_variety() const {
    CHECK(expired_ > 5);
    CHECK(claimed_ > 50);
    CHECK(fenced_ > 10);
    CHECK(model_.fleet().size() > 3);
  }

private:
  std::uint64_t below(std::uint64_t end) { return random()() % end; }
  std::string any_hostname() { return "nvr-" + std::to_string(below(24)); }

  /// One that the store knows, joined or lost, or a new one; never one that has expired.
  Origin any_sender() {
    const auto origins = node_.origins();
    if (origins.empty() || below(50) == 0) return new_origin();
    return origins[below(origins.size())].first;
  }
  Origin new_origin() { return {std::string(1, static_cast<char>('a' + below(3))), ++boots_}; }
  Origin any_origin() {
    const auto origins = node_.origins();
    return below(10) == 0 || origins.empty() ? new_origin() : origins[below(origins.size())].first;
  }

  Entry any_entry(const Origin& sender) {
    switch (below(20)) {
    case 0:
      return entry::NodeJoined{below(4) == 0 ? new_origin() : sender, "announced", now(), below(90'000)};
    case 1:
      return below(2) == 0 ? Entry{entry::NodeLost{any_origin(), now(), below(90'000)}} : any_claims();
    case 2:
    case 3:
      return entry::Expire{any_origin(), now(), below(4)};
    case 4:
      return any_liveness();
    case 5:
      return any_prune();
    case 6:
      return any_checkpoint();
    case 7:
      return entry::Sessions{below(3)};
    case 8:
    case 9:
    case 10:
    case 11:
      return any_claims();
    default:
      return entry::Batch{model_.next_batch()};
    }
  }
  Entry any_claims() {
    entry::Claims claims;
    for (auto n = below(4); n > 0; --n) {
      const std::string hostname = any_hostname();
      const auto id = good(good(store().snapshot()).id_of(hostname));
      const SessionNumber session = id ? nvr_in(store(), *id).session : 0;
      claims.claims.push_back({hostname, below(2) == 0 ? 0 : session - below(2)});
    }
    return claims;
  }
  Entry any_liveness() {
    LivenessRecord liveness;
    liveness.now = now();
    liveness.keep_from = now() - static_cast<WallMillis>(below(40'000));
    liveness.begins_run = below(4) == 0;
    for (int i = 0; i < 5; ++i)
      liveness.seen.emplace_back(static_cast<NvrId>(below(60)), now());
    if (below(2) == 0) liveness.applied = good(good(store().snapshot()).applied());
    return liveness;
  }
  Entry any_prune() {
    const auto events = events_in(store());
    return entry::Prune{events.empty() ? 0 : events[below(events.size())].at + 1, below(40)};
  }
  Entry any_checkpoint() {
    entry::Checkpoint checkpoint;
    for (NvrId id = 0; id < 60; ++id)
      checkpoint.changed.push_back(id);
    checkpoint.max = 1 + below(20);
    return checkpoint;
  }
  WallMillis now() { return 1'700'000'000'000 + static_cast<WallMillis>(below(60'000)); }

  Follower node_;
  RandomFleet model_;
  std::vector<Applied> results_;
  std::uint64_t boots_ = 0;
  std::size_t expired_ = 0;
  std::size_t claimed_ = 0;
  std::size_t fenced_ = 0;
};

/// Applies the rest of the log to a store, in groups of random size that overlap with what it has applied.
class GroupedFollower {
public:
  GroupedFollower(RandomLog& log, std::size_t from) : log_(log), next_(from) {}

  void catch_up(Store& store) {
    while (next_ < log_.entries().size()) {
      const std::size_t first = next_ - std::min<std::size_t>(next_, log_.random()() % 3);
      const std::size_t left = log_.entries().size() - next_;
      const std::size_t end = next_ + 1 + log_.random()() % std::min<std::size_t>(left, 40);
      const auto results = good(store.apply(std::span(log_.entries()).subspan(first, end - first)));
      for (std::size_t i = first; i < end; ++i) {
        if (i < next_) REQUIRE(results[i - first].skipped);
        if (i >= next_) require_same(results[i - first], log_.results()[i]);
      }
      next_ = end;
    }
  }

private:
  RandomLog& log_;
  std::size_t next_;
};

} // namespace

TEST_CASE("log: a random log gives equal stores, one by one, in groups, and from a backup that was made midway") {
  const auto seed = random_seed();
  CAPTURE(seed);
  const Scratch scratch;
  RandomLog log(seed);
  GroupedFollower grouped(log, 0);
  for (int i = 0; i < 1'000; ++i)
    log.append();
  {
    const auto directory = good(Directory::open(scratch / "data"));
    good(directory->store().set_cluster(some_cluster));
    grouped.catch_up(directory->store());
    require_equal_stores(log.store(), directory->store());
  }
  good(back_up(scratch / "data", scratch / "copy"));
  GroupedFollower restored(log, log.entries().size());
  for (int i = 0; i < 1'000; ++i)
    log.append();
  const auto directory = good(Directory::open(scratch / "data"));
  DirectoryOptions of_node;
  of_node.keep_epoch_of_cluster = true;
  const auto copy = good(Directory::open(scratch / "copy", of_node));
  grouped.catch_up(directory->store());
  restored.catch_up(copy->store());
  require_equal_stores(log.store(), directory->store());
  require_equal_stores(log.store(), copy->store());
  require_clean(log.store());
  require_clean(directory->store());
  require_clean(copy->store());
  log.require_variety();
}

TEST_CASE("log: a store that missed an entry, or was given another one, differs") {
  RandomLog log(1);
  for (int i = 0; i < 50; ++i)
    log.append();
  const auto other = good(Store::open(make_memory_backend()));
  auto entries = log.entries();
  entries.back().position += 1;
  good(other->apply(entries));
  const Snapshot left = good(log.store().snapshot());
  const Snapshot right = good(other->snapshot());
  CHECK(good(first_difference(left.txn(), right.txn())));
}
