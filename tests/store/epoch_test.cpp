#include <unistd.h>

#include "store/directory/epoch_file.hpp"
#include "store/records/tables.hpp"
#include "store/support/directories.hpp"

using namespace nvrhub::test;

TEST_CASE("epoch: restarts keep it") {
  const Scratch scratch;
  const fs::path path = scratch / "data";
  const Epoch first = epoch_of(path);
  CHECK(epoch_of(path) == first);
  CHECK(epoch_of(path) == first);
  fs::rename(path, scratch / "moved"); // still the same directory
  CHECK(epoch_of(scratch / "moved") == first);
}

TEST_CASE("epoch: a copy of a directory starts a new one") {
  const Scratch scratch;
  const fs::path path = scratch / "data";
  make_directory(path, 1);
  const Epoch first = epoch_of(path);
  fs::copy(path, scratch / "copy", fs::copy_options::recursive);
  const Epoch copied = epoch_of(scratch / "copy");
  CHECK(copied != first);
  CHECK(epoch_of(scratch / "copy") == copied);
  CHECK(epoch_of(path) == first);
}

TEST_CASE("epoch: a restored data.mdb starts a new one") {
  const Scratch scratch;
  const fs::path path = scratch / "data";
  make_directory(path, 1);
  const Epoch first = epoch_of(path);
  const std::string backup = read_file(path / "data.mdb");
  SECTION("next to the sidecar of a later run") {
    CHECK(epoch_of(path) == first);
    write_file(path / "data.mdb", backup);
  }
  SECTION("renamed over the original") {
    write_file(path / "restored", backup);
    fs::rename(path / "restored", path / "data.mdb");
  }
  SECTION("in a new directory") {
    fs::remove_all(path);
    fs::create_directory(path);
    write_file(path / "data.mdb", backup);
  }
  SECTION("without its sidecar") {
    fs::remove(path / "epoch");
  }
  SECTION("with an edited sidecar") {
    write_file(path / "epoch", "0123456789abcdef\n");
  }
  const Epoch second = epoch_of(path);
  CHECK(second != first);
  CHECK(epoch_of(path) == second);
}

namespace {

/// What a later start says about `path`; empty: the epoch goes on.
std::string reason_at(const fs::path& path) {
  std::string reason;
  DirectoryOptions options;
  options.on_new_epoch = [&](const std::string& text) { reason = text; };
  (void)good(Directory::open(path, options));
  return reason;
}

/// Copies the files over those of `to` in place, with their times, as `cp -a` and `rsync -a --inplace` do.
void restore_in_place(const fs::path& from, const fs::path& to) {
  for (const char* name : {"data.mdb", "epoch"}) {
    write_file(to / name, read_file(from / name));
    fs::last_write_time(to / name, fs::last_write_time(from / name));
  }
}

/// The state in which a killed server leaves the directory: its sidecar is not sealed.
void unseal(const fs::path& path) {
  LmdbOptions options;
  options.path = path;
  const auto backend = good(open_lmdb(options));
  const auto txn = good(backend->begin_write());
  auto sidecar = *good(load<SidecarRecord>(*txn, Table::meta, meta::sidecar));
  sidecar.sealed = false;
  good(save(*txn, Table::meta, meta::sidecar, sidecar));
  good(txn->commit());
}

} // namespace

TEST_CASE("epoch: owner, mode, times and links of the files do not begin a new one") {
  const Scratch scratch;
  const fs::path path = scratch / "data";
  make_directory(path, 1);
  const Epoch first = epoch_of(path);
  for (int round = 0; round < 2; ++round) {
    for (const char* name : {"data.mdb", "lock.mdb", "epoch", "nvrhub.lock"}) {
      SECTION("chown " + std::string(name) + std::to_string(round)) {
        REQUIRE(::chown((path / name).c_str(), ::geteuid(), ::getegid()) == 0);
      }
      SECTION("chmod " + std::string(name) + std::to_string(round)) {
        fs::permissions(path / name, fs::perms::owner_read | fs::perms::owner_write);
      }
      SECTION("touch " + std::string(name) + std::to_string(round)) {
        fs::last_write_time(path / name, fs::file_time_type::clock::now());
      }
      SECTION("link " + std::string(name) + std::to_string(round)) {
        fs::create_directories(scratch / "links");
        fs::create_hard_link(path / name, scratch / "links" / (name + std::to_string(round)));
      }
    }
    CHECK(reason_at(path).empty());
    CHECK(epoch_of(path) == first);
  }
}

TEST_CASE("epoch: a directory that was touched while a server ran keeps it") {
  const Scratch scratch;
  const fs::path path = scratch / "data";
  make_directory(path, 1);
  const Epoch first = epoch_of(path);
  {
    const auto directory = good(Directory::open(path));
    fs::last_write_time(path / "epoch", fs::file_time_type::clock::now());
    fs::create_hard_link(path / "epoch", scratch / "link");
  }
  CHECK(epoch_of(path) == first);
}

TEST_CASE("epoch: a copy that is put back in place begins a new one") {
  const Scratch scratch;
  const fs::path path = scratch / "data";
  make_directory(path, 1);
  const Epoch first = epoch_of(path);
  SECTION("made before the last start") {
    fs::copy(path, scratch / "copy");
    CHECK(epoch_of(path) == first);
  }
  SECTION("made while the last server ran") {
    const auto directory = good(Directory::open(path));
    fs::copy(path, scratch / "copy");
  }
  SECTION("made while the last server ran, which was killed") {
    unseal(path);
    fs::copy(path, scratch / "copy");
  }
  restore_in_place(scratch / "copy", path);
  const std::string reason = reason_at(path);
  CHECK_FALSE(reason.empty());
  const Epoch second = epoch_of(path);
  CHECK(second != first);
  CHECK(epoch_of(path) == second);
}

TEST_CASE("epoch: a killed server's directory keeps it, unless its sidecar was touched") {
  const Scratch scratch;
  const fs::path path = scratch / "data";
  make_directory(path, 1);
  const Epoch first = epoch_of(path);
  unseal(path);
  CHECK(reason_at(path).empty());
  unseal(path);
  fs::last_write_time(path / "epoch", fs::file_time_type::clock::now());
  CHECK(reason_at(path).find("killed") != std::string::npos);
  CHECK(epoch_of(path) != first);
}

TEST_CASE("epoch: a server that was killed while it replaced the sidecar does not look like a copy") {
  const Scratch scratch;
  const fs::path path = scratch / "data";
  make_directory(path, 1);
  const Epoch first = epoch_of(path);
  const SidecarRecord before = *read_epoch_file(path);
  write_file(path / "epoch.new", "0123456789abcdef\n");
  fs::rename(path / "epoch", scratch / "kept");
  fs::rename(path / "epoch.new", path / "epoch");
  SidecarRecord announced = *read_epoch_file(path);
  announced.replaced_inode = before.inode;
  announced.replaced_run = before.run;
  {
    LmdbOptions options;
    options.path = path;
    const auto backend = good(open_lmdb(options));
    const auto txn = good(backend->begin_write());
    good(save(*txn, Table::meta, meta::sidecar, announced));
    good(txn->commit());
  }
  SECTION("before the rename") {
    fs::rename(path / "epoch", path / "epoch.new");
    fs::rename(scratch / "kept", path / "epoch");
  }
  SECTION("after the rename") {}
  CHECK(reason_at(path).empty());
  CHECK(epoch_of(path) == first);
}

TEST_CASE("epoch: directories that share their files by hard links have one server and one epoch") {
  const Scratch scratch;
  const fs::path path = scratch / "data";
  make_directory(path, 1);
  const Epoch first = epoch_of(path);
  const fs::path links = scratch / "links";
  fs::create_directory(links);
  for (const char* name : {"data.mdb", "lock.mdb", "epoch", "nvrhub.lock"})
    fs::create_hard_link(path / name, links / name);
  SECTION("all files") {}
  SECTION("not the lock file") {
    fs::remove(links / "nvrhub.lock");
  }
  {
    const auto directory = good(Directory::open(path));
    CHECK(good(good(directory->store().snapshot()).epoch()) == first);
    CHECK(Directory::open(links).error().code == Errc::locked);
  }
  fs::remove_all(links);
  CHECK(epoch_of(path) == first);
}

TEST_CASE("epoch: a server that was killed while it rewrote the sidecar does not look like a copy") {
  const Scratch scratch;
  const fs::path path = scratch / "data";
  make_directory(path, 1);
  const Epoch first = epoch_of(path);
  const auto identity = *read_epoch_file(path);
  {
    LmdbOptions options;
    options.path = path;
    const auto backend = good(open_lmdb(options));
    const auto txn = good(backend->begin_write());
    good(save(*txn, Table::meta, meta::identity, IdentityRecord{identity.inode, 0, 0, identity.data_inode, true}));
    good(txn->commit());
  }
  SECTION("before the write") {}
  SECTION("during the write") {
    write_file(path / "epoch", "0123");
  }
  SECTION("after the write") {
    write_file(path / "epoch", "0123456789abcdef\n");
  }
  CHECK(epoch_of(path) == first);
}

TEST_CASE("epoch: read-only access does not change the sidecar") {
  const Scratch scratch;
  const fs::path path = scratch / "data";
  make_directory(path, 1);
  const Epoch epoch = epoch_of(path);
  const auto sidecar = read_epoch_file(path);
  {
    const auto directory = good(Directory::open_read_only(path));
    CHECK(good(good(directory->store().snapshot()).epoch()) == epoch);
  }
  CHECK(good(check_directory(path)).epoch == epoch);
  CHECK(read_epoch_file(path) == sidecar);
  CHECK(epoch_of(path) == epoch);
}
