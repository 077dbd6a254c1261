#include "store/backup/backup.hpp"

#include <sys/stat.h>

#include "store/directory/directory_lock.hpp"
#include "store/integrity/child.hpp"
#include "store/records/tables.hpp"
#include "store/support/directories.hpp"

using namespace nvrhub::test;

namespace {

Errc backup_error(const fs::path& data, const fs::path& to) {
  const auto refused = back_up(data, to);
  REQUIRE_FALSE(refused.has_value());
  INFO(refused.error().message);
  CHECK_FALSE(refused.error().message.empty());
  return refused.error().code;
}

std::vector<std::pair<std::string, std::string>> rows_at(const fs::path& path) {
  return rows_of(good(Directory::open_read_only(path))->store());
}

} // namespace

TEST_CASE("backup: a copy has all records except the identity of the directory") {
  const Scratch scratch;
  const fs::path path = scratch / "data";
  make_directory(path, 1);
  const Epoch epoch = epoch_of(path);
  auto rows = rows_at(path);
  const BackupReport report = good(back_up(path, scratch / "copy/"));
  CHECK(report.path == scratch / "copy");
  CHECK(report.epoch == epoch);
  CHECK(report.bytes == fs::file_size(scratch / "copy" / "data.mdb"));
  CHECK(contents(scratch / "copy").size() == 1);
  CHECK_FALSE(fs::exists(scratch / "copy.part"));
  CHECK(std::erase_if(rows, [](const auto& row) { return row.first.ends_with("/sidecar"); }) == 1);
  CHECK(rows_at(scratch / "copy") == rows);

  CHECK(good(check_directory(scratch / "copy")).problems.empty());
  CHECK(epoch_of(scratch / "copy") != epoch); // a server on the copy starts a new epoch
  CHECK(good(check_directory(scratch / "copy")).problems.empty());
  CHECK(epoch_of(path) == epoch);
}

TEST_CASE("backup: free pages are not copied") {
  const Scratch scratch;
  const fs::path path = scratch / "data";
  make_directory(path, 2, 2'000);
  {
    const auto directory = good(Directory::open(path));
    const Seq head = good(good(directory->store().snapshot()).head());
    good(directory->store().prune(std::numeric_limits<WallMillis>::max(), head));
  }
  const BackupReport report = good(back_up(path, scratch / "copy"));
  CHECK(report.bytes < fs::file_size(path / "data.mdb") / 2);
}

TEST_CASE("backup: tokens.json is copied with its content and mode") {
  const Scratch scratch;
  const fs::path path = scratch / "data";
  make_directory(path, 3, 5);
  write_file(path / "tokens.json", "{\"tokens\": [1, 2]} \n\n");
  fs::permissions(path / "tokens.json", fs::perms(0600));
  const BackupReport report = good(back_up(path, scratch / "copy"));
  CHECK(read_file(scratch / "copy" / "tokens.json") == read_file(path / "tokens.json"));
  struct stat info {};
  REQUIRE(::stat((scratch / "copy" / "tokens.json").c_str(), &info) == 0);
  CHECK((info.st_mode & 0777U) == 0600);
  CHECK(report.bytes == fs::file_size(scratch / "copy" / "data.mdb") + fs::file_size(scratch / "copy" / "tokens.json"));
}

TEST_CASE("backup: a target that is not empty is refused, an empty one is accepted") {
  const Scratch scratch;
  const fs::path path = scratch / "data";
  make_directory(path, 4, 5);
  const fs::path to = scratch / "copy";
  SECTION("a directory with a file") {
    fs::create_directory(to);
    write_file(to / "mine", "mine");
    CHECK(backup_error(path, to) == Errc::taken);
  }
  SECTION("an earlier copy") {
    good(back_up(path, to));
    CHECK(backup_error(path, to) == Errc::taken);
  }
  SECTION("the directory itself") {
    CHECK(backup_error(path, path) == Errc::taken);
  }
  SECTION("a file") {
    write_file(to, "mine");
    CHECK(backup_error(path, to) == Errc::taken);
    CHECK(read_file(to) == "mine");
  }
  SECTION("a missing parent directory") {
    CHECK(backup_error(path, scratch / "no" / "copy") == Errc::permission);
  }
  SECTION("an empty directory") {
    fs::create_directory(to);
    good(back_up(path, to));
    CHECK(good(check_directory(to)).problems.empty());
  }
  CHECK_FALSE(fs::exists(scratch / "copy.part"));
}

TEST_CASE("backup: a failed backup leaves no files") {
  const Scratch scratch;
  const fs::path path = scratch / "data";
  make_directory(path, 5, 20);
  SECTION("no data") {
    CHECK(backup_error(scratch.path(), scratch / "copy") == Errc::permission);
  }
  SECTION("a damaged record") {
    LmdbOptions options;
    options.path = path;
    const auto backend = good(open_lmdb(options));
    const auto txn = good(backend->begin_write());
    const std::string key(good(txn->before(Table::events, {}))->first);
    good(txn->put(Table::events, key, std::string(40, 'x')));
    good(txn->commit());
    CHECK(backup_error(path, scratch / "copy") == Errc::corrupt);
  }
  SECTION("a state that differs from the log") {
    LmdbOptions options;
    options.path = path;
    const auto backend = good(open_lmdb(options));
    const auto txn = good(backend->begin_write());
    good(save(*txn, Table::meta, meta::counts, Counts{77, 77, 77, 77, 77}));
    good(txn->commit());
    CHECK(backup_error(path, scratch / "copy") == Errc::corrupt);
  }
  SECTION("a damaged file") {
    std::string bytes = read_file(path / "data.mdb");
    bytes.resize(bytes.size() / 2);
    write_file(path / "data.mdb", bytes);
    CHECK(backup_error(path, scratch / "copy") == Errc::corrupt);
  }
  CHECK_FALSE(fs::exists(scratch / "copy"));
  CHECK_FALSE(fs::exists(scratch / "copy.part"));
}

TEST_CASE("backup: copies in a folder are named by time and seq, and only one is made at a time") {
  const Scratch scratch;
  const fs::path path = scratch / "data";
  make_directory(path, 6, 20);
  const fs::path folder = path / "backups";
  const BackupReport first = good(back_up_into(path, folder));
  const std::string name = first.path.filename().string();
  CHECK(first.path.parent_path() == folder);
  CHECK(name.size() == std::string("20260131T235959.999Z-").size() + std::to_string(first.head).size());
  CHECK(name.ends_with("Z-" + std::to_string(first.head)));

  fs::create_directory(folder / "backup.part"); // left by a process that was killed
  write_file(folder / "backup.part" / "data.mdb", "half");
  write_file(folder / "backup.part" / "other", "half");
  const BackupReport second = good(back_up_into(path, folder));
  CHECK(second.path != first.path);
  CHECK(contents(second.path).size() == 1);
  CHECK(rows_at(second.path) == rows_at(first.path));

  fs::create_directory(folder / "backup.part");
  const int lock = good(lock_directory(folder / "backup.part"));
  CHECK(back_up_into(path, folder).error().code == Errc::locked);
  unlock_directory(lock);
  good(back_up_into(path, folder));
}
