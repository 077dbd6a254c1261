#include <map>
#include <random>

#include "store/support/random_fleet.hpp"
#include "store/support/stores.hpp"

using namespace nvrhub::test;

namespace {

using Rows = std::map<std::string, std::string>;

/// A copy of a row, whose views are valid only until the next write of the transaction.
std::optional<std::pair<std::string, std::string>> copy(const std::optional<Row>& row) {
  if (!row) return std::nullopt;
  return std::pair<std::string, std::string>(row->first, row->second);
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
    const auto found = copy(good(txn.lower_bound(table, key)));
    REQUIRE(found == std::pair<std::string, std::string>(row));
    key = found->first + '\0';
  }
  CHECK_FALSE(good(txn.lower_bound(table, key)).has_value());
  key.clear();
  for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
    const auto found = copy(good(txn.before(table, key)));
    REQUIRE(found == std::pair<std::string, std::string>(*row));
    key = found->first;
  }
  if (!rows.empty()) CHECK_FALSE(good(txn.before(table, key)).has_value());
}

std::string random_key(Random& random) {
  return "key" + std::to_string(random() % 60);
}

} // namespace

TEST_CASE("a table returns what was written, within the transaction and after the commit") {
  NVRHUB_FOR_EACH_BACKEND(fixture);
  const auto seed = random_seed();
  CAPTURE(seed);
  Random random(seed);
  const auto backend = fixture.open();
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
        // Some values are larger than a page.
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

TEST_CASE("a reader does not see later commits") {
  NVRHUB_FOR_EACH_BACKEND(fixture);
  const auto backend = fixture.open();
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

TEST_CASE("a transaction that is not committed is rolled back") {
  NVRHUB_FOR_EACH_BACKEND(fixture);
  const auto backend = fixture.open();
  good(good(backend->begin_write())->put(Table::meta, "k", "v"));
  CHECK_FALSE(good(good(backend->begin_read())->get(Table::meta, "k")).has_value());
}

TEST_CASE("append refuses a key that is not greater than all keys of the table") {
  NVRHUB_FOR_EACH_BACKEND(fixture);
  const auto backend = fixture.open();
  const auto txn = good(backend->begin_write());
  good(txn->append(Table::events, "b", "1"));
  good(txn->append(Table::events, "c", "2"));
  CHECK(txn->append(Table::events, "a", "3").error().code == Errc::corrupt);
}

TEST_CASE("an LMDB table persists after reopening, and the file does not have the size of the map") {
  const BackendFixture fixture(BackendFixture::Kind::lmdb);
  {
    const auto backend = fixture.open();
    const auto txn = good(backend->begin_write());
    good(txn->put(Table::meta, "k", "v"));
    good(txn->commit());
  }
  CHECK(good(good(fixture.open()->begin_read())->get(Table::meta, "k")) == "v");
  CHECK(fs::file_size(fixture.scratch / "data.mdb") < 1U << 20);
}

TEST_CASE("a backend that is open read-only refuses to write") {
  const BackendFixture fixture(BackendFixture::Kind::lmdb);
  fixture.open();
  LmdbOptions options;
  options.path = fixture.scratch.path();
  options.mode = LmdbMode::read_unlocked;
  const auto backend = good(open_lmdb(options));
  CHECK(backend->begin_write().error().code == Errc::permission);
  CHECK_FALSE(good(good(backend->begin_read())->get(Table::meta, "k")).has_value());
}
