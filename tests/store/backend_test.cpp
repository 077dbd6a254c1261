#include <map>
#include <random>

#include "store/support/random_fleet.hpp"
#include "store/support/stores.hpp"

using namespace nvrhub::test;

namespace {

using Rows = std::map<std::string, std::string>;

/// A copy of what a transaction shows: its views live only until its next write.
std::optional<std::pair<std::string, std::string>> copy(const std::optional<Entry>& entry) {
  if (!entry) return std::nullopt;
  return std::pair<std::string, std::string>(entry->first, entry->second);
}

std::optional<std::pair<std::string, std::string>> at(const Rows& rows, Rows::const_iterator row) {
  if (row == rows.end()) return std::nullopt;
  return *row;
}

void compare(ReadTxn& txn, Table table, const Rows& rows, const std::string& key) {
  const auto value = good(txn.get(table, key));
  CHECK(value.has_value() == (rows.count(key) == 1));
  if (value) CHECK(*value == rows.at(key));
  CHECK(copy(good(txn.lower_bound(table, key))) == at(rows, rows.lower_bound(key)));
  const auto above = rows.lower_bound(key);
  CHECK(copy(good(txn.before(table, key))) == at(rows, above == rows.begin() ? rows.end() : std::prev(above)));
}

void compare_scans(ReadTxn& txn, Table table, const Rows& rows) {
  std::string key;
  for (const auto& row : rows) {
    const auto entry = copy(good(txn.lower_bound(table, key)));
    REQUIRE(entry == std::pair<std::string, std::string>(row));
    key = entry->first + '\0';
  }
  CHECK_FALSE(good(txn.lower_bound(table, key)).has_value());
  key.clear();
  for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
    const auto entry = copy(good(txn.before(table, key)));
    REQUIRE(entry == std::pair<std::string, std::string>(*row));
    key = entry->first;
  }
  if (!rows.empty()) CHECK_FALSE(good(txn.before(table, key)).has_value());
}

std::string random_key(Random& random) {
  return "key" + std::to_string(random() % 60);
}

} // namespace

TEST_CASE("a table reads as what was written to it, within the transaction and after it") {
  NVRHUB_FOR_EACH_TWIN(twin);
  const auto seed = random_seed();
  CAPTURE(seed);
  Random random(seed);
  const auto backend = twin.open();
  Rows rows;
  for (int round = 0; round < 30; ++round) {
    const auto txn = good(backend->begin_write());
    Rows changed = rows;
    for (int step = 0; step < 20; ++step) {
      const std::string key = random_key(random);
      if (random() % 3 == 0) {
        good(txn->erase(Table::nvrs, key));
        changed.erase(key);
      } else {
        // Some are larger than a page.
        const std::string value(random() % 10 == 0 ? 9'000 : random() % 50, static_cast<char>('a' + random() % 26));
        good(txn->put(Table::nvrs, key, value));
        changed[key] = value;
      }
      compare(*txn, Table::nvrs, changed, random_key(random));
    }
    compare_scans(*txn, Table::nvrs, changed);
    if (random() % 3 != 0) {
      good(txn->commit());
      rows = changed;
    }
  }
  const auto txn = good(backend->begin_read());
  for (int i = 0; i < 60; ++i)
    compare(*txn, Table::nvrs, rows, random_key(random));
  compare_scans(*txn, Table::nvrs, rows);
  CHECK_FALSE(good(txn->lower_bound(Table::cameras, "a")).has_value());
}

TEST_CASE("a reader keeps seeing its instant") {
  NVRHUB_FOR_EACH_TWIN(twin);
  const auto backend = twin.open();
  const auto put = [&](const char* value) {
    const auto txn = good(backend->begin_write());
    good(txn->put(Table::meta, "k", value));
    good(txn->commit());
  };
  put("one");
  const auto reader = good(backend->begin_read());
  put("two");
  CHECK(good(reader->get(Table::meta, "k")) == "one");
  CHECK(good(good(backend->begin_read())->get(Table::meta, "k")) == "two");
}

TEST_CASE("a transaction that is not committed never was") {
  NVRHUB_FOR_EACH_TWIN(twin);
  const auto backend = twin.open();
  good(good(backend->begin_write())->put(Table::meta, "k", "v"));
  CHECK_FALSE(good(good(backend->begin_read())->get(Table::meta, "k")).has_value());
}

TEST_CASE("append takes only keys above all others") {
  NVRHUB_FOR_EACH_TWIN(twin);
  const auto backend = twin.open();
  const auto txn = good(backend->begin_write());
  good(txn->append(Table::events, "b", "1"));
  good(txn->append(Table::events, "c", "2"));
  CHECK(txn->append(Table::events, "a", "3").error().code == Errc::corrupt);
}

TEST_CASE("a table that lives in LMDB is there when it is opened again, without its map's size on disk") {
  const Twin twin(Twin::Kind::lmdb);
  {
    const auto backend = twin.open();
    const auto txn = good(backend->begin_write());
    good(txn->put(Table::meta, "k", "v"));
    good(txn->commit());
  }
  CHECK(good(good(twin.open()->begin_read())->get(Table::meta, "k")) == "v");
  CHECK(fs::file_size(twin.scratch / "data.mdb") < 1U << 20);
}

TEST_CASE("what was opened for reading is not written") {
  const Twin twin(Twin::Kind::lmdb);
  twin.open();
  LmdbOptions options;
  options.path = twin.scratch.path();
  options.mode = LmdbMode::read_unlocked;
  const auto backend = good(open_lmdb(options));
  CHECK(backend->begin_write().error().code == Errc::permission);
  CHECK_FALSE(good(good(backend->begin_read())->get(Table::meta, "k")).has_value());
}
