#include "store/backup/migrate.hpp"

#include "store/backup/bulk_writer.hpp"
#include "store/backup/old_records.hpp"
#include "store/directory/epoch_file.hpp"
#include "store/history/history.hpp"
#include "store/records/tables.hpp"
#include "store/support/directories.hpp"
#include "store/support/stored.hpp"

using namespace nvrhub::test;

namespace {

LmdbOptions options_of(const fs::path& path, LmdbMode mode = LmdbMode::write) {
  LmdbOptions options;
  options.path = path;
  options.mode = mode;
  return options;
}

/// A directory of an older schema with its original sidecar.
void make_old(const std::string& schema, const fs::path& path) {
  unpack(schema, path);
  write_file(path / "epoch", "0123456789abcdef\n");
  const auto backend = good(open_lmdb(options_of(path)));
  const SidecarRecord found = *read_epoch_file(path);
  const auto txn = good(backend->begin_write());
  good(save(*txn, Table::meta, meta::identity,
            IdentityRecord{found.inode, found.changed_ns, found.run, found.data_inode, false}));
  good(txn->commit());
}

struct StoredState {
  Epoch epoch;
  Seq head = 0;
  std::vector<Nvr> nvrs;
  friend bool operator==(const StoredState&, const StoredState&) = default;
};

/// The state that is identical in all schemas.
StoredState state_in(ReadTxn& txn) {
  StoredState state;
  state.epoch = good(load_meta<EpochRecord>(txn, meta::epoch)).epoch;
  state.head = *seq_of_key(good(txn.before(Table::events, {}))->first);
  const auto add = [&](Nvr&& nvr, const NvrRecord&) {
    nvr.version = 0;
    state.nvrs.push_back(std::move(nvr));
    return true;
  };
  const bool has_versions = good(load_meta<SchemaRecord>(txn, meta::schema)).version >= 5;
  good(has_versions ? read_nvrs(txn, live_state, 0, add) : old::read_nvrs_v4(txn, live_state, add));
  return state;
}

StoredState state_in(const fs::path& path) {
  const auto backend = good(open_lmdb(options_of(path, LmdbMode::read_unlocked)));
  return state_in(*good(backend->begin_read()));
}

std::uint32_t schema_of(const fs::path& path) {
  const auto backend = good(open_lmdb(options_of(path, LmdbMode::read_unlocked)));
  return good(load_meta<SchemaRecord>(*good(backend->begin_read()), meta::schema)).version;
}

void make_v1(const fs::path& path) {
  make_old("v1", path);
}

std::vector<std::vector<std::pair<std::string, std::string>>> rows_in(const fs::path& path,
                                                                      std::initializer_list<Table> tables) {
  std::vector<std::vector<std::pair<std::string, std::string>>> found;
  const auto backend = good(open_lmdb(options_of(path, LmdbMode::read_unlocked)));
  const auto txn = good(backend->begin_read());
  for (const Table table : tables) {
    auto& rows = found.emplace_back();
    good(each_row(*txn, table, {}, [&](std::string_view key, std::string_view value) {
      rows.emplace_back(key, value);
      return Result<bool>(true);
    }));
  }
  return found;
}

} // namespace

TEST_CASE("migrate: opening a directory of schema 1 upgrades it and keeps its epoch and state") {
  const Scratch scratch;
  const fs::path path = scratch / "data";
  make_v1(path);
  const StoredState before = state_in(path);
  const std::string bytes = read_file(path / "data.mdb");
  REQUIRE(schema_of(path) == 1);
  REQUIRE(before.nvrs.size() > 5);
  CHECK(Directory::open_read_only(path).error().code == Errc::schema);

  std::vector<std::string> progress;
  DirectoryOptions options;
  options.on_progress = [&](const std::string& text) { progress.push_back(text); };
  {
    const auto directory = good(Directory::open(path, options));
    REQUIRE(progress.size() == 2);
    CHECK(progress[1].find("data.mdb.v1") != std::string::npos);
    require_clean(directory->store());
    CHECK(state_in(good(directory->store().snapshot()).txn()) == before);
    // Sequence numbers and ids continue.
    Write write = write_of(0, {registered(nvr_named("after", {"c"}), 1)});
    const NvrId id = committed(directory->store(), write);
    CHECK(write.events.front().seq == before.head + 1);
    CHECK(id > before.nvrs.back().id);
    require_clean(directory->store());
  }
  CHECK(schema_of(path) == schema_version);
  CHECK(read_file(path / "data.mdb.v1") == bytes);
  CHECK_FALSE(fs::exists(path / "upgrade.part"));

  const auto again = good(Directory::open(path, options));
  CHECK(progress.size() == 2); // upgraded only once
  CHECK(good(good(again->store().snapshot()).epoch()) == before.epoch);
}

TEST_CASE("migrate: a copy of a directory of schema 1 starts a new epoch") {
  const Scratch scratch;
  const fs::path path = scratch / "data";
  unpack("v1", path);
  const StoredState before = state_in(path);
  const auto directory = good(Directory::open(path));
  const StoredState after = state_in(good(directory->store().snapshot()).txn());
  CHECK(after.epoch != before.epoch);
  CHECK(after.nvrs == before.nvrs);
}

TEST_CASE("migrate: opening a directory of schema 2 keeps its epoch, state, runs and samples") {
  const Scratch scratch;
  const fs::path path = scratch / "data";
  make_old("v2", path);
  const StoredState before = state_in(path);
  const std::string bytes = read_file(path / "data.mdb");
  const auto unchanged = [&] {
    return rows_in(path, {Table::cameras, Table::hostnames, Table::seen, Table::nvr_events, Table::base_cameras,
                          Table::runs, Table::samples, Table::former_names});
  };
  const auto tables = unchanged();
  CHECK(Directory::open_read_only(path).error().code == Errc::schema);
  require_clean(good(Directory::open(path))->store());
  CHECK(unchanged() == tables);
  CHECK(state_in(path) == before);
  CHECK(schema_of(path) == schema_version);
  CHECK(read_file(path / "data.mdb.v2") == bytes);
}

TEST_CASE("migrate: opening a directory of schema 4 gives each NVR version 1 and changes nothing else") {
  const Scratch scratch;
  const fs::path path = scratch / "data";
  make_old("v4", path);
  const StoredState before = state_in(path);
  const auto unchanged = [&] {
    return rows_in(path, {Table::cameras, Table::hostnames, Table::seen, Table::events, Table::nvr_events,
                          Table::base_cameras, Table::runs, Table::samples, Table::former_names, Table::alerts});
  };
  const auto tables = unchanged();
  good(Directory::open(path));
  CHECK(unchanged() == tables);
  CHECK(state_in(path) == before);
  {
    const auto directory = good(Directory::open(path));
    require_clean(directory->store());
    const Snapshot snapshot = good(directory->store().snapshot());
    std::size_t nvrs = 0;
    good(snapshot.each_nvr(0, [&](Nvr&& nvr) {
      CHECK(nvr.version == 1);
      return ++nvrs > 0;
    }));
    CHECK(nvrs == before.nvrs.size());
    good(read_nvrs(snapshot.txn(), base_state, 0, [&](Nvr&& nvr, const NvrRecord&) {
      CHECK(nvr.version == 0);
      return true;
    }));
    Write write = write_of(before.nvrs.front().id, {event_of(Kind::nvr_online, 1)});
    write.drafted_on = 1;
    committed(directory->store(), write);
    CHECK(write.version == 2);
  }
  CHECK(schema_of(path) == schema_version);
  CHECK(fs::exists(path / "data.mdb.v4"));
}

TEST_CASE("migrate: the history of an older schema can be queried") {
  const Scratch scratch;
  const fs::path path = scratch / "data";
  const std::string schema = GENERATE("v1", "v2", "v3", "v4");
  CAPTURE(schema);
  make_old(schema, path);
  const auto directory = good(Directory::open(path));
  const Snapshot snapshot = good(directory->store().snapshot());
  const History history(snapshot);
  const Seq begin = good(snapshot.log_begin());
  const Seq head = good(snapshot.head());
  REQUIRE(begin > 1); // some of it was pruned
  const auto events = events_in(directory->store());
  REQUIRE(events.size() == head - begin + 1);
  // Schema 1 does not have the time of the last pruned event.
  const WallMillis history_begin = good(history.begin());
  CHECK((schema == "v1" ? history_begin == events.front().at : history_begin < events.front().at));

  // Each event has the summaries before and after it, and the former status of each camera that changed.
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
    for (const CameraChange& change : event.cameras) {
      REQUIRE(was);
      CHECK(change.from == was->find(change.name)->status);
      CHECK(change.from != change.status);
    }
    apply(fleet, event);
    const auto now = good(history.nvr_at(event.nvr_id, event.seq));
    CHECK(event.before == (was ? summary_of(*was) : NvrSummary{}));
    CHECK(event.after == (now ? summary_of(*now) : NvrSummary{}));
    if (event.kind == Kind::alert) continue; // bears the site of its subject
    CHECK(event.site == (now ? now->site : was ? was->site : ""));
    if (event.kind == Kind::registered && was) CHECK(event.hostname_before == was->hostname);
    if (event.kind == Kind::removed) CHECK(good(history.former_id_of(event.hostname)).has_value());
  }
  CHECK(good(history.runs(0)).empty() == (schema == "v1")); // schema 1 has no runs
}

TEST_CASE("migrate: a failed upgrade leaves the old directory unchanged") {
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
  SECTION("because the file of an earlier upgrade exists") {
    write_file(path / "data.mdb.v1", "something");
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
    refuse(Errc::corrupt, "the directory is unchanged");
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

TEST_CASE("migrate: files left by an interrupted upgrade do not prevent the next one") {
  const Scratch scratch;
  const fs::path path = scratch / "data";
  make_v1(path);
  const StoredState before = state_in(path);
  SECTION("an incomplete new file") {
    fs::create_directories(path / "upgrade.part" / "2");
    write_file(path / "upgrade.part" / "2" / "data.mdb", std::string(12'288, 'x'));
  }
  SECTION("the link of the old file") {
    fs::create_hard_link(path / "data.mdb", path / "data.mdb.v1");
  }
  SECTION("the staging directory of a completed upgrade") {
    good(Directory::open(path));
    fs::create_directories(path / "upgrade.part" / "2");
  }
  const auto directory = good(Directory::open(path));
  CHECK(state_in(good(directory->store().snapshot()).txn()) == before);
  CHECK(schema_of(path / "") == schema_version);
  CHECK_FALSE(fs::exists(path / "upgrade.part"));
  CHECK(fs::exists(path / "data.mdb.v1"));
}

TEST_CASE("migrate: a directory of the current schema, written by the version that introduced it, opens unchanged") {
  const Scratch scratch;
  const fs::path path = scratch / "data";
  unpack("v5", path);
  const StoredState before = state_in(path);
  std::vector<std::string> progress;
  DirectoryOptions options;
  options.on_progress = [&](const std::string& text) { progress.push_back(text); };
  const auto directory = good(Directory::open(path, options));
  CHECK(progress.empty());
  require_clean(directory->store());
  CHECK(state_in(good(directory->store().snapshot()).txn()).nvrs == before.nvrs);
  CHECK_FALSE(fs::exists(path / "data.mdb.v5"));
}

TEST_CASE("a bulk writer splits its data into several transactions") {
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
    good(each_row(*txn, Table::events, {}, [&](std::string_view key, std::string_view found) -> Result<bool> {
      CHECK(seq_of_key(key) == ++last);
      CHECK(found == value);
      return true;
    }));
    return last;
  };
  CHECK(rows() == 500);
}
