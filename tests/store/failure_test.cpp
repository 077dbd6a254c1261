#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "store/lmdb/lmdb_env.hpp"
#include "store/lmdb/meta_page_backup.hpp"
#include "store/support/faulty_backend.hpp"
#include "store/support/stores.hpp"

using namespace nvrhub::test;

namespace {

/// While it exists, this process cannot write a file beyond `bytes`.
class FileLimit {
public:
  explicit FileLimit(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    handler_ = ::signal(SIGXFSZ, SIG_IGN);
  }
  ~FileLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, handler_);
  }

private:
  rlimit before_{};
  sighandler_t handler_ = SIG_DFL;
};

/// Makes every write of a meta page fail. LMDB writes them through a separate descriptor, opened with O_DSYNC.
int break_meta_writes(const fs::path& data) {
  int broken = 0;
  for (int fd = 3; fd < 256; ++fd) {
    std::error_code none;
    if (fs::read_symlink("/proc/self/fd/" + std::to_string(fd), none) != fs::canonical(data)) continue;
    if ((::fcntl(fd, F_GETFL) & O_DSYNC) == 0) continue;
    const int full = ::open("/dev/full", O_RDWR | O_CLOEXEC);
    ::dup2(full, fd);
    ::close(full);
    ++broken;
  }
  return broken;
}

std::vector<Write> some_batch() {
  return {write_of(0, {registered(nvr_named("a", {"door"}), 1'000),
                       change(Kind::nvr_online, 1'001, {{"door", Status::online()}})}),
          write_of(0, {registered(nvr_named("b"), 1'002)})};
}

} // namespace

TEST_CASE("a failed commit changes nothing, and the same batch succeeds later") {
  NVRHUB_FOR_EACH_BACKEND(fixture);
  const auto faults = std::make_shared<Faults>();
  const auto store = good(Store::open(make_faulty_backend(fixture.open(), faults)));
  const auto before = rows_of(*store);
  auto batch = some_batch();
  std::vector<Result<NvrId>> outcomes;
  faults->failing_commits = 2;
  for (int i = 0; i < 2; ++i) {
    const auto failed = store->commit(batch, outcomes);
    REQUIRE_FALSE(failed.has_value());
    CHECK(failed.error().code == Errc::io);
    CHECK(outcomes.empty());
    CHECK(rows_of(*store) == before);
  }
  good(store->commit(batch, outcomes));
  CHECK(*outcomes[0] == 1);
  CHECK(*outcomes[1] == 2);
  CHECK(batch[1].events[0].seq == 3);
  require_clean(*store);
}

TEST_CASE("failed commits lose no session number, no last_seen and no event") {
  NVRHUB_FOR_EACH_BACKEND(fixture);
  const auto faults = std::make_shared<Faults>();
  const auto store = good(Store::open(make_faulty_backend(fixture.open(), faults)));
  auto batch = some_batch();
  std::vector<Result<NvrId>> outcomes;
  good(store->commit(batch, outcomes));
  const auto before = rows_of(*store);
  faults->failing_commits = 3;
  CHECK(store->reserve_sessions(5).error().code == Errc::io);
  CHECK(record_seen(*store, {{1, 9'000}}).error().code == Errc::io);
  CHECK(store->prune(9'999, 9).error().code == Errc::io);
  CHECK(faults->failing_commits == 0);
  CHECK(rows_of(*store) == before);
  CHECK(good(store->reserve_sessions(5)) == 1);
  require_clean(*store);
}

TEST_CASE("a commit is not visible before it is durable") {
  NVRHUB_FOR_EACH_BACKEND(fixture);
  const auto faults = std::make_shared<Faults>();
  const Store* reader = nullptr;
  int checks_run = 0;
  faults->before_commit = [&] {
    if (reader == nullptr) return;
    CHECK(good(good(reader->snapshot()).head()) == 0);
    ++checks_run;
  };
  const auto store = good(Store::open(make_faulty_backend(fixture.open(), faults)));
  reader = store.get();
  auto batch = some_batch();
  std::vector<Result<NvrId>> outcomes;
  good(store->commit(batch, outcomes));
  CHECK(checks_run == 1);
  CHECK(good(good(store->snapshot()).head()) == 3);
}

TEST_CASE("a batch of only refused writes commits nothing") {
  const auto faults = std::make_shared<Faults>();
  const auto store = good(Store::open(make_faulty_backend(make_memory_backend(), faults)));
  const int before = faults->commits;
  CHECK(refused(*store, write_of(5, {offline(1)})) == Errc::not_found);
  CHECK(good(store->prune(1, 1)) == 0);
  CHECK(faults->commits == before);
}

TEST_CASE("a full disk fails the batch, which succeeds once there is space") {
  const BackendFixture fixture(BackendFixture::Kind::lmdb);
  const auto store = good(Store::open(fixture.open()));
  const auto before = rows_of(*store);
  std::vector<Write> batch;
  for (int i = 0; i < 300; ++i) {
    batch.push_back(write_of(0, {registered(nvr_named("nvr-" + std::to_string(i), {"door", "yard"}), 1'000)}));
  }
  std::vector<Result<NvrId>> outcomes;
  {
    const FileLimit full(fs::file_size(fixture.scratch / "data.mdb"));
    for (int i = 0; i < 3; ++i) {
      const auto failed = store->commit(batch, outcomes);
      REQUIRE_FALSE(failed.has_value());
      CHECK(failed.error().code == Errc::io);
    }
    CHECK(rows_of(*store) == before);
  }
  good(store->commit(batch, outcomes));
  CHECK(good(good(store->snapshot()).head()) == 300);
  require_clean(*store);
}

TEST_CASE("a full map is reported as such") {
  const BackendFixture fixture(BackendFixture::Kind::lmdb);
  LmdbOptions options;
  options.path = fixture.scratch.path();
  options.map_bytes = 256 * 1024;
  const auto store = good(Store::open(good(open_lmdb(options))));
  std::vector<Write> batch;
  for (int i = 0; i < 3'000; ++i) {
    batch.push_back(write_of(0, {registered(nvr_named("nvr-" + std::to_string(i), {"door", "yard"}), 1'000)}));
  }
  std::vector<Result<NvrId>> outcomes;
  const auto failed = store->commit(batch, outcomes);
  REQUIRE_FALSE(failed.has_value());
  CHECK(failed.error().code == Errc::io);
  CHECK(failed.error().message.find("map size") != std::string::npos);
  batch.resize(3);
  good(store->commit(batch, outcomes));
  require_clean(*store);
}

TEST_CASE("an environment that a commit made unusable is reopened once its readers have ended") {
  const BackendFixture fixture(BackendFixture::Kind::lmdb);
  LmdbOptions options;
  options.path = fixture.scratch.path();
  options.readers_grace = std::chrono::milliseconds(20);
  const auto store = good(Store::open(good(open_lmdb(options))));
  auto batch = some_batch();
  std::vector<Result<NvrId>> outcomes;
  SECTION("at once if there are no readers") {
    REQUIRE(break_meta_writes(fixture.scratch / "data.mdb") == 1);
    CHECK(store->commit(batch, outcomes).error().code == Errc::io);
    CHECK(good(good(store->snapshot()).head()) == 0);
  }
  SECTION("with the next write, after the last reader has ended") {
    auto snapshot = std::make_unique<Snapshot>(good(store->snapshot()));
    REQUIRE(break_meta_writes(fixture.scratch / "data.mdb") == 1);
    CHECK(store->commit(batch, outcomes).error().code == Errc::io);
    CHECK(good(snapshot->head()) == 0); // open snapshots stay valid
    CHECK(store->snapshot().error().code == Errc::io);
    CHECK(store->commit(batch, outcomes).error().code == Errc::io);
    snapshot.reset();
  }
  good(store->commit(batch, outcomes));
  CHECK(good(good(store->snapshot()).head()) == 3);
  require_clean(*store);
}

TEST_CASE("a commit that stands although it failed can be rolled back, and no other") {
  const BackendFixture fixture(BackendFixture::Kind::lmdb);
  LmdbOptions options;
  options.path = fixture.scratch.path();
  MetaPageBackup backup(options.path);
  {
    const auto store = good(Store::open(fixture.open()));
    auto batch = some_batch();
    std::vector<Result<NvrId>> outcomes;
    good(store->commit(batch, outcomes));
  }
  const auto last_txn = [&] {
    MDB_envinfo info{};
    const auto env = good(LmdbEnv::open(options));
    mdb_env_info(env->get(), &info);
    return info.me_last_txnid;
  };
  const auto head = [&] { return good(good(good(Store::open(fixture.open()))->snapshot()).head()); };
  const std::size_t before = last_txn();
  backup.save(good(LmdbEnv::open(options))->data_file(), before + 1, 4096);
  const std::string bytes = read_file(fixture.scratch / "data.mdb");
  good(backup.restore()); // no commit since save()
  CHECK(read_file(fixture.scratch / "data.mdb") == bytes);

  Write write = write_of(0, {registered(nvr_named("c"), 2'000)});
  committed(*good(Store::open(fixture.open())), write);
  REQUIRE(last_txn() == before + 1);
  REQUIRE(head() == 4);
  good(backup.restore());
  CHECK(head() == 3);
  CHECK(last_txn() == before);
  write = write_of(0, {registered(nvr_named("d"), 2'000)});
  committed(*good(Store::open(fixture.open())), write);
  require_clean(*good(Store::open(fixture.open())));
  CHECK(head() == 4);
}
