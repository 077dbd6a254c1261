#include "store/epoch_file.hpp"
#include "store/support/directories.hpp"
#include "store/tables.hpp"

using namespace nvrhub::test;

TEST_CASE("restarts keep the epoch") {
  const Scratch scratch;
  const fs::path path = scratch / "data";
  const Epoch first = epoch_of(path);
  CHECK(epoch_of(path) == first);
  CHECK(epoch_of(path) == first);
  fs::rename(path, scratch / "moved"); // the same directory still
  CHECK(epoch_of(scratch / "moved") == first);
}

TEST_CASE("a copy of a directory starts an epoch of its own") {
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

TEST_CASE("a restored data.mdb starts a new epoch") {
  const Scratch scratch;
  const fs::path path = scratch / "data";
  make_directory(path, 1);
  const Epoch first = epoch_of(path);
  const std::string backup = slurp(path / "data.mdb");
  SECTION("beside the sidecar of a later run") {
    CHECK(epoch_of(path) == first);
    spill(path / "data.mdb", backup);
  }
  SECTION("moved into the place of the one that it is a copy of") {
    spill(path / "restored", backup);
    fs::rename(path / "restored", path / "data.mdb");
  }
  SECTION("in a directory of its own") {
    fs::remove_all(path);
    fs::create_directory(path);
    spill(path / "data.mdb", backup);
  }
  SECTION("without its sidecar") {
    fs::remove(path / "epoch");
  }
  SECTION("with a sidecar that was edited") {
    spill(path / "epoch", "0123456789abcdef\n");
  }
  const Epoch second = epoch_of(path);
  CHECK(second != first);
  CHECK(epoch_of(path) == second);
}

TEST_CASE("a server that died while it rewrote the sidecar left no copy") {
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
  SECTION("before it began") {}
  SECTION("half-way") {
    spill(path / "epoch", "0123");
  }
  SECTION("after it was done") {
    spill(path / "epoch", "0123456789abcdef\n");
  }
  CHECK(epoch_of(path) == first);
}

TEST_CASE("readers see the epoch and leave the sidecar alone") {
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
