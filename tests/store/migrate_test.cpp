#include "store/migrate.hpp"

#include "store/bulk_writer.hpp"
#include "store/epoch_file.hpp"
#include "store/history.hpp"
#include "store/support/directories.hpp"
#include "store/support/stored.hpp"
#include "store/tables.hpp"

using namespace nvrhub::test;

namespace {

LmdbOptions options_of(const fs::path& path, LmdbMode mode = LmdbMode::write) {
  LmdbOptions options;
  options.path = path;
  options.mode = mode;
  return options;
}

/// A directory of schema 1 that a server had left: the sidecar is its own.
void make_v1(const fs::path& path) {
  unpack("v1", path);
  const auto backend = good(open_lmdb(options_of(path)));
  good(renew_epoch_file(*backend, path));
}

struct Left {
  Epoch epoch;
  Seq head = 0;
  std::vector<Nvr> nvrs;
  friend bool operator==(const Left&, const Left&) = default;
};

/// What both schemas write alike.
Left left_in(ReadTxn& txn) {
  Left left;
  left.epoch = good(load_meta<EpochRecord>(txn, meta::epoch)).epoch;
  left.head = *seq_of_key(good(txn.before(Table::events, {}))->first);
  good(read_nvrs(txn, live_state, 0, [&](Nvr&& nvr, const NvrRecord&) {
    left.nvrs.push_back(std::move(nvr));
    return true;
  }));
  return left;
}

Left left_in(const fs::path& path) {
  const auto backend = good(open_lmdb(options_of(path, LmdbMode::read_unlocked)));
  return left_in(*good(backend->begin_read()));
}

std::uint32_t schema_of(const fs::path& path) {
  const auto backend = good(open_lmdb(options_of(path, LmdbMode::read_unlocked)));
  return good(load_meta<SchemaRecord>(*good(backend->begin_read()), meta::schema)).version;
}

} // namespace

TEST_CASE("migrate: a directory of schema 1 is upgraded when it is opened, and keeps its epoch and its state") {
  const Scratch scratch;
  const fs::path path = scratch / "data";
  make_v1(path);
  const Left before = left_in(path);
  const std::string bytes = slurp(path / "data.mdb");
  REQUIRE(schema_of(path) == 1);
  REQUIRE(before.nvrs.size() > 5);
  CHECK(Directory::open_read_only(path).error().code == Errc::schema);

  std::vector<std::string> told;
  DirectoryOptions options;
  options.tell = [&](const std::string& text) { told.push_back(text); };
  {
    const auto directory = good(Directory::open(path, options));
    REQUIRE(told.size() == 2);
    CHECK(told[1].find("data.mdb.v1") != std::string::npos);
    require_clean(directory->store());
    CHECK(left_in(good(directory->store().snapshot()).txn()) == before);
    // It goes on where the old one stopped.
    Write write = write_of(0, {registered(nvr_named("after", {"c"}), 1)});
    const NvrId id = committed(directory->store(), write);
    CHECK(write.events.front().seq == before.head + 1);
    CHECK(id > before.nvrs.back().id);
    require_clean(directory->store());
  }
  CHECK(schema_of(path) == schema_version);
  CHECK(slurp(path / "data.mdb.v1") == bytes);
  CHECK_FALSE(fs::exists(path / "upgrade.part"));

  const auto again = good(Directory::open(path, options));
  CHECK(told.size() == 2); // once
  CHECK(good(good(again->store().snapshot()).epoch()) == before.epoch);
}

TEST_CASE("migrate: a copy of a directory of schema 1 starts an epoch of its own") {
  const Scratch scratch;
  const fs::path path = scratch / "data";
  unpack("v1", path);
  const Left before = left_in(path);
  const auto directory = good(Directory::open(path));
  const Left after = left_in(good(directory->store().snapshot()).txn());
  CHECK(after.epoch != before.epoch);
  CHECK(after.nvrs == before.nvrs);
}

TEST_CASE("migrate: the past of schema 1 can be told") {
  const Scratch scratch;
  const fs::path path = scratch / "data";
  make_v1(path);
  const auto directory = good(Directory::open(path));
  const Snapshot snapshot = good(directory->store().snapshot());
  const History history(snapshot);
  const Seq begin = good(snapshot.log_begin());
  const Seq head = good(snapshot.head());
  REQUIRE(begin > 1); // some of it was pruned
  const auto events = events_in(directory->store());
  REQUIRE(events.size() == head - begin + 1);
  CHECK(good(history.begin()) == events.front().at);

  // Each event tells what the states before and after it are.
  Fleet fleet;
  good(history.each_nvr_at(0, begin - 1, [&](Nvr&& nvr) {
    fleet.emplace(nvr.id, std::move(nvr));
    return true;
  }));
  CHECK_FALSE(fleet.empty());
  for (const Event& event : events) {
    INFO("event " << event.seq);
    const auto before = fleet.find(event.nvr_id);
    const std::optional<Nvr> was = before == fleet.end() ? std::nullopt : std::optional(before->second);
    apply(fleet, event);
    const auto now = good(history.nvr_at(event.nvr_id, event.seq));
    CHECK(event.before == (was ? facts_of(*was) : Facts{}));
    CHECK(event.after == (now ? facts_of(*now) : Facts{}));
    CHECK(event.site == (now ? now->site : was ? was->site : ""));
    if (event.kind == Kind::registered && was) CHECK(event.hostname_before == was->hostname);
    if (event.kind == Kind::removed) CHECK(good(history.former_id_of(event.hostname)).has_value());
  }
  CHECK(good(history.runs(0)).empty()); // schema 1 did not say when a server ran
}

TEST_CASE("migrate: an upgrade that can not be done leaves the old directory") {
  const Scratch scratch;
  const fs::path path = scratch / "data";
  make_v1(path);
  const auto refuse = [&](Errc code, const std::string& what) {
    const auto refused = Directory::open(path);
    REQUIRE_FALSE(refused.has_value());
    INFO(refused.error().message);
    CHECK(refused.error().code == code);
    CHECK(refused.error().message.find(what) != std::string::npos);
    CHECK(schema_of(path) == 1);
    CHECK_FALSE(fs::exists(path / "upgrade.part"));
  };
  SECTION("because a file of an earlier one is in the way") {
    spill(path / "data.mdb.v1", "something");
    const auto before = contents(path);
    refuse(Errc::permission, "data.mdb.v1");
    CHECK(contents(path) == before);
  }
  SECTION("because an event is missing") {
    {
      const auto backend = good(open_lmdb(options_of(path)));
      const auto txn = good(backend->begin_write());
      const auto last = good(txn->before(Table::events, {}));
      const std::string key(last->first);
      good(txn->erase(Table::events, key));
      good(txn->commit());
    }
    const auto before = contents(path);
    refuse(Errc::corrupt, "as it was");
    CHECK(contents(path) == before);
  }
  SECTION("because its log is damaged") {
    {
      const auto backend = good(open_lmdb(options_of(path)));
      const auto txn = good(backend->begin_write());
      const std::string key(good(txn->before(Table::events, {}))->first);
      good(txn->put(Table::events, key, std::string(40, 'x')));
      good(txn->commit());
    }
    refuse(Errc::corrupt, "of table events");
  }
}

TEST_CASE("migrate: what a crash left of an upgrade is no hindrance") {
  const Scratch scratch;
  const fs::path path = scratch / "data";
  make_v1(path);
  const Left before = left_in(path);
  SECTION("half a new file") {
    fs::create_directories(path / "upgrade.part" / "2");
    spill(path / "upgrade.part" / "2" / "data.mdb", std::string(12'288, 'x'));
  }
  SECTION("the second name of the old file") {
    fs::create_hard_link(path / "data.mdb", path / "data.mdb.v1");
  }
  SECTION("all but the removal of its workplace") {
    good(Directory::open(path));
    fs::create_directories(path / "upgrade.part" / "2");
  }
  const auto directory = good(Directory::open(path));
  CHECK(left_in(good(directory->store().snapshot()).txn()) == before);
  CHECK(schema_of(path / "") == schema_version);
  CHECK_FALSE(fs::exists(path / "upgrade.part"));
  CHECK(fs::exists(path / "data.mdb.v1"));
}

TEST_CASE("migrate: a directory of today's schema, made by the program that introduced it, opens as it is") {
  const Scratch scratch;
  const fs::path path = scratch / "data";
  unpack("v2", path);
  const Left before = left_in(path);
  std::vector<std::string> told;
  DirectoryOptions options;
  options.tell = [&](const std::string& text) { told.push_back(text); };
  const auto directory = good(Directory::open(path, options));
  CHECK(told.empty());
  require_clean(directory->store());
  CHECK(left_in(good(directory->store().snapshot()).txn()).nvrs == before.nvrs);
  CHECK_FALSE(fs::exists(path / "data.mdb.v2"));
}

TEST_CASE("a bulk writer takes more than one slice holds") {
  const Scratch scratch;
  auto writer = good(BulkWriter::open(options_of(scratch.path())));
  const std::string value(100'000, 'v');
  for (Seq i = 1; i <= 500; ++i)
    good(writer.append(Table::events, event_key(i), value));
  good(writer.finish());
  const auto rows = [&] {
    const auto backend = good(open_lmdb(options_of(scratch.path(), LmdbMode::read_unlocked)));
    const auto txn = good(backend->begin_read());
    Seq last = 0;
    good(each_entry(*txn, Table::events, {}, [&](std::string_view key, std::string_view found) -> Result<bool> {
      CHECK(seq_of_key(key) == ++last);
      CHECK(found == value);
      return true;
    }));
    return last;
  };
  CHECK(rows() == 500);
}
