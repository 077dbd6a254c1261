// The position and the chain hash of a store that applies the replicated log.
#include "store/commit/log_entry.hpp"
#include "store/records/tables.hpp"
#include "store/support/faulty_backend.hpp"
#include "store/support/test_log.hpp"

using namespace nvrhub::test;

namespace {

ChainLink link_of(const Store& store) {
  return good(good(store.snapshot()).applied());
}

Entry registration(const std::string& hostname) {
  return entry::Batch{{write_of(0, {registered(nvr_named(hostname, {"door"}), 1'000)})}};
}

LivenessRecord liveness_with(const ChainLink& applied) {
  LivenessRecord liveness;
  liveness.now = 2'000;
  liveness.applied = applied;
  return liveness;
}

std::size_t rows_in(const Store& store, Table table) {
  std::size_t rows = 0;
  good(each_row(good(store.snapshot()).txn(), table, {}, [&](std::string_view, std::string_view) {
    ++rows;
    return Result<bool>(true);
  }));
  return rows;
}

std::size_t links_in(const Store& store) {
  return rows_in(store, Table::chain);
}

std::size_t parts_in(const Store& store) {
  return rows_in(store, Table::parts);
}

OriginState origin_state(OriginNumber number, LogPosition joined = 0) {
  OriginState state;
  state.number = number;
  state.joined = joined != 0;
  state.joined_position = joined;
  return state;
}

bool mentions(const Error& error, const std::string& text) {
  INFO(error.message);
  return error.message.find(text) != std::string::npos;
}

} // namespace

TEST_CASE("log: a store of a single server has no row of it") {
  const auto store = good(Store::open(make_memory_backend()));
  good(store->apply(entry::encode(registration("x")), OnDamage::stop));
  CHECK(link_of(*store) == ChainLink{});
  CHECK(links_in(*store) == 0);
  CHECK(good(store->snapshot()).txn().get(Table::meta, meta::log)->has_value() == false);
  require_clean(*store);
}

TEST_CASE("log: each entry moves the position and the hash") {
  Follower node;
  node.join(a1);
  const ChainLink first = link_of(*node.store);
  CHECK(first.position == 10);
  CHECK(first.hash == next_hash({}, node.log.entries().front()));
  node.apply(a1, entry::Batch{}); // also one that changes nothing else
  CHECK(link_of(*node.store) == ChainLink{20, next_hash(first.hash, node.log.entries().back())});
  require_clean(*node.store);
}

TEST_CASE("log: the hash depends on every field of an entry and on the hash before it") {
  const LogEntry entry{7, a1, 3, "bytes"};
  std::vector<ChainHash> hashes{next_hash({}, entry), next_hash({1, 0}, entry), next_hash({0, 1}, entry)};
  for (const LogEntry& other : {LogEntry{8, a1, 3, "bytes"}, LogEntry{7, a2, 3, "bytes"}, LogEntry{7, b1, 3, "bytes"},
                                LogEntry{7, a1, 4, "bytes"}, LogEntry{7, a1, 3, "byteS"}, LogEntry{7, a1, 3, ""}})
    hashes.push_back(next_hash({}, other));
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j)
      CHECK_FALSE(hashes[i] == hashes[j]);
  }
}

TEST_CASE("log: the hash of an entry never changes between versions") {
  const ChainHash hash = next_hash({1, 2}, {1ULL << 40, {"node-1", ~0ULL}, 77, "bytes of an entry"});
  CHECK(hash == ChainHash{0x92f33543cfaf3eb3ULL, 0xd84ddbeb02b9ae0eULL});
}

TEST_CASE("log: entries that were applied before are skipped, also in front of new ones") {
  Follower node;
  node.join(a1);
  node.apply(a1, registration("x"));
  const auto before = rows_of(*node.store);
  const auto again = good(node.store->apply(node.log.entries()));
  REQUIRE(again.size() == 2);
  CHECK((again[0].skipped && again[1].skipped));
  CHECK(rows_of(*node.store) == before);
  node.log.append(a1, registration("y"));
  const auto more = good(node.store->apply(node.log.entries()));
  REQUIRE(more.size() == 3);
  CHECK((more[1].skipped && !more[2].skipped));
  CHECK(good(Result<NvrId>(more[2].outcomes.front())) == 2);
  CHECK(good(node.store->apply(std::span<const LogEntry>{})).empty());
  require_clean(*node.store);
}

TEST_CASE("log: the last part of an entry applies it, also when entries of others are in between") {
  Follower node;
  node.join(a1);
  node.join(b1);
  const std::string whole = entry::encode(registration("x"));
  const auto parts = entry::split(whole, whole.size() / 2);
  REQUIRE(parts.size() >= 3);
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    CHECK(node.apply(a1, good(entry::decode(parts[i]))).outcomes.empty());
    CHECK(good(Result<NvrId>(node.apply(b1, registration("y" + std::to_string(i))).outcomes.front())) == i + 1);
    require_clean(*node.store);
  }
  CHECK(parts_in(*node.store) == parts.size() - 1);
  CHECK(good(Result<NvrId>(node.apply(a1, good(entry::decode(parts.back()))).outcomes.front())) == parts.size());
  CHECK(parts_in(*node.store) == 0);
  require_clean(*node.store);
}

TEST_CASE("log: the parts of an origin that is lost are dropped, and no other part of it has an effect") {
  Follower node;
  node.join(a1);
  node.join(b1);
  const std::string whole = entry::encode(registration("x"));
  const auto parts = entry::split(whole, whole.size() / 2 + 20);
  REQUIRE(parts.size() == 2);
  node.apply(a1, good(entry::decode(parts.front())));
  node.apply(b1, entry::NodeLost{a1, 3'000, 0});
  CHECK(parts_in(*node.store) == 0);
  CHECK(node.apply(a1, good(entry::decode(parts.back()))).outcomes.empty());
  CHECK(node.apply(a1, good(entry::decode(parts.front()))).outcomes.empty());
  CHECK(parts_in(*node.store) == 0);
  require_clean(*node.store);
}

TEST_CASE("log: parts that are incomplete, or parts of parts, are refused, and a first part begins anew") {
  Follower node;
  node.join(a1);
  const LogEntry last = node.log.append(a1, entry::Part{1, 2, entry::encode(registration("x"))});
  CHECK(node.store->apply(std::span(&last, 1)).error().code == Errc::malformed);

  Follower other;
  other.join(a1);
  other.apply(a1, entry::Part{0, 3, "dropped"});
  other.apply(a1, entry::Part{1, 3, "dropped"});
  const std::string whole = entry::encode(registration("x"));
  other.apply(a1, entry::Part{0, 2, whole.substr(0, 5)});
  CHECK(parts_in(*other.store) == 1);
  CHECK(other.apply(a1, entry::Part{1, 2, whole.substr(5)}).outcomes.size() == 1);
  other.apply(a1, entry::Part{0, 2, ""});
  const LogEntry nested = other.log.append(a1, entry::Part{1, 2, entry::encode(entry::Part{0, 2, "x"})});
  CHECK(other.store->apply(std::span(&nested, 1)).error().code == Errc::malformed);
}

TEST_CASE("log: an entry whose number does not follow is damage of the log") {
  Follower node;
  node.join(a1);
  node.join(b1);
  LogEntry entry = node.log.append(a1, registration("x"));
  for (const std::uint64_t number : {0, 1, 3, 4}) {
    entry.number = number;
    const Error error = not_applied(*node.store, entry);
    CHECK(error.code == Errc::corrupt);
    CHECK(mentions(error, "position 30"));
    CHECK(mentions(error, "node a"));
  }
  entry.number = 2;
  CHECK(apply_one(*node.store, entry).outcomes.front().has_value());
}

TEST_CASE("log: the first entry of an origin has number 1, and needs no membership unless it claims") {
  Follower node;
  const std::string bytes = entry::encode(registration("x"));
  CHECK(not_applied(*node.store, {10, a1, 2, bytes}).code == Errc::corrupt);
  const Applied done = apply_one(*node.store, {10, a1, 1, bytes});
  CHECK(done.origin == 1);
  CHECK(done.outcomes.front().has_value());
  REQUIRE(node.origins().size() == 1);
  CHECK_FALSE(node.origins().front().second.joined);
  require_clean(*node.store);
}

TEST_CASE("log: bytes that are no entry, and origins without a valid name, stop the store where it is") {
  Follower node;
  node.join(a1);
  const Error error = not_applied(*node.store, node.log.append_bytes(a1, "\x02\x01"));
  CHECK(error.code == Errc::malformed);
  CHECK(mentions(error, "position 20"));
  const std::string bytes = entry::encode(registration("x"));
  CHECK(not_applied(*node.store, {20, {"", 1}, 1, bytes}).code == Errc::malformed);
  CHECK(not_applied(*node.store, {20, {"a b", 1}, 1, bytes}).code == Errc::malformed);
}

TEST_CASE("log: of entries that are applied together, none is if one fails") {
  Follower node;
  node.join(a1);
  const auto before = rows_of(*node.store);
  node.log.append(a1, registration("x"));
  node.log.append_bytes(a1, "no entry");
  CHECK(node.store->apply(node.log.entries()).error().code == Errc::malformed);
  CHECK(rows_of(*node.store) == before);
  const auto results = good(node.store->apply(std::span(node.log.entries()).first(2)));
  CHECK((results[0].skipped && results[1].outcomes.front().has_value()));
}

TEST_CASE("log: entries whose commit failed are applied again with the same result") {
  const auto faults = std::make_shared<Faults>();
  Follower node;
  Follower other;
  node.store = good(Store::open(make_faulty_backend(make_memory_backend(), faults)));
  for (Follower* follower : {&node, &other}) {
    follower->join(a1);
    follower->log.append(a1, registration("x"));
    follower->log.append(a1, entry::Claims{{{"x", 0}}});
  }
  faults->failing_commits = 1;
  CHECK(node.store->apply(node.log.entries()).error().code == Errc::io);
  good(node.store->apply(node.log.entries()));
  good(other.store->apply(other.log.entries()));
  CHECK(link_of(*node.store) == link_of(*other.store));
  CHECK(nvr_in(*node.store, 1) == nvr_in(*other.store, 1));
}

TEST_CASE("log: a sender whose store had applied the same entries is not refused, at any position that is kept") {
  Follower node;
  node.join(a1);
  std::vector<ChainLink> links{link_of(*node.store)};
  for (int i = 0; i < 20; ++i) {
    node.apply(a1, liveness_with(links[static_cast<std::size_t>(i) / 2]));
    links.push_back(link_of(*node.store));
  }
  node.apply(a1, liveness_with({})); // a sender that names none
  require_clean(*node.store);
}

TEST_CASE("log: that the store of a sender had applied other entries is an outcome") {
  Follower node;
  node.join(a1);
  node.join(b1);
  ChainLink link = link_of(*node.store);
  SECTION("another hash") {
    link.hash.low ^= 1;
  }
  SECTION("a position between entries") {
    link.position = 15;
  }
  SECTION("a position that this store has not reached") {
    link.position = 30;
  }
  const Applied applied = node.apply(b1, liveness_with(link));
  REQUIRE(applied.outcomes.size() == 1);
  REQUIRE_FALSE(applied.outcomes.front());
  const Error error = applied.outcomes.front().error();
  CHECK(error.code == Errc::corrupt);
  CHECK(mentions(error, "node b"));
  CHECK(mentions(error, "position 30"));
  CHECK(mentions(error, "up to position " + std::to_string(link.position)));
}

TEST_CASE("log: as many links are kept as the limit says, and older positions are not compared") {
  Follower node;
  node.join(a1);
  std::vector<ChainLink> links{link_of(*node.store)};
  const auto add = [&] {
    node.apply(a1, entry::Batch{});
    links.push_back(link_of(*node.store));
  };
  while (links.size() < max_links)
    add();
  CHECK(links_in(*node.store) == max_links);
  for (int i = 0; i < 3; ++i)
    add();
  CHECK(links_in(*node.store) == max_links);
  require_clean(*node.store);
  ChainLink oldest = links[3];
  ChainLink older = links[2];
  oldest.hash.high ^= 1;
  older.hash.high ^= 1;
  CHECK(node.apply(a1, liveness_with(oldest)).outcomes.size() == 1);
  CHECK(node.apply(a1, liveness_with(older)).outcomes.empty());
  require_clean(*node.store);
}

TEST_CASE("check finds rows of the log that do not belong together") {
  const BackendFixture fixture(BackendFixture::Kind::lmdb);
  {
    Follower node;
    node.store = good(Store::open(fixture.open()));
    node.join(a1);
    node.join(b1);
    node.online(a1, "x");
    require_clean(*node.store);
  }
  const auto problem_after = [&](const auto& damage) {
    const auto backend = fixture.open();
    const auto txn = good(backend->begin_write());
    damage(*txn);
    good(txn->commit());
  };
  std::string expected;
  SECTION("a link is missing") {
    problem_after([](WriteTxn& txn) { good(txn.erase(Table::chain, chain_key(10))); });
    expected = "links of";
  }
  SECTION("the last link differs") {
    problem_after([](WriteTxn& txn) { good(save(txn, Table::chain, chain_key(40), ChainRecord{})); });
    expected = "does not end with";
  }
  SECTION("two origins have one number") {
    problem_after([](WriteTxn& txn) { good(save(txn, Table::origins, origin_key(b1), origin_state(1))); });
    expected = "of another origin";
  }
  SECTION("a number is not allocated") {
    problem_after([](WriteTxn& txn) { good(save(txn, Table::origins, origin_key(b1), origin_state(3))); });
    expected = "not allocated";
  }
  SECTION("an origin joined after the last entry") {
    problem_after([](WriteTxn& txn) { good(save(txn, Table::origins, origin_key(b1), origin_state(2, 41))); });
    expected = "a position after";
  }
  SECTION("an NVR has an unknown holder") {
    problem_after([](WriteTxn& txn) {
      NvrRecord record = *good(load<NvrRecord>(txn, Table::nvrs, nvr_key(1)));
      record.holder = 3;
      good(save(txn, Table::nvrs, nvr_key(1), record));
    });
    expected = "a holder that is no origin";
  }
  SECTION("the record of the log is damaged") {
    problem_after([](WriteTxn& txn) { good(txn.put(Table::meta, meta::log, "damaged record")); });
    expected = "\"log\"";
  }
  const auto store = good(Store::open(fixture.open()));
  std::string problems;
  for (const std::string& problem : check(good(store->snapshot())).problems)
    problems += problem + "\n";
  INFO(problems);
  CHECK(problems.find(expected) != std::string::npos);
}
