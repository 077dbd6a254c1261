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
