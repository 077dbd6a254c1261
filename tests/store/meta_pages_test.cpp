#include <cstring>
#include <fstream>

#include "store/lmdb/lmdb_format.hpp"
#include "store/lmdb/meta_pages.hpp"
#include "store/lmdb/page_file.hpp"
#include "store/support/directories.hpp"

using namespace nvrhub::test;

namespace {

constexpr std::size_t page_size = 4096;
constexpr std::size_t header_bytes = sizeof(format::PageHeader);

void require_sound(const fs::path& data) {
  const auto verdict = check_meta_pages(data);
  if (!verdict) FAIL(verdict.error().message);
}

/// nvrhub sets the map size and does not use the one in the file.
bool is_map_size(std::size_t offset) {
  const std::size_t begin = header_bytes + offsetof(format::Meta, map_bytes);
  return offset >= begin && offset < begin + sizeof(std::uint64_t);
}

template <class Struct>
Struct struct_at(const std::string& bytes, std::size_t offset) {
  Struct out;
  std::memcpy(&out, bytes.data() + offset, sizeof out);
  return out;
}

format::Meta newer_meta(const std::string& bytes) {
  const auto even = struct_at<format::Meta>(bytes, header_bytes);
  const auto odd = struct_at<format::Meta>(bytes, page_size + header_bytes);
  return even.txn > odd.txn ? even : odd;
}

/// A transaction number of the newer page that is too low by two looks like a failed commit. So does one of the older
/// page that is too high by two: the state of before the newer commit, as the latest.
bool is_a_failed_commit(const std::string& sound, const std::string& damaged, std::size_t page) {
  const auto txn = [&](const std::string& bytes) {
    std::uint64_t number = 0;
    std::memcpy(&number, bytes.data() + page * page_size + header_bytes + offsetof(format::Meta, txn), sizeof number);
    return number;
  };
  if (txn(damaged) == txn(sound) + 2) return newer_meta(sound).txn != txn(sound);
  return txn(damaged) + 2 == txn(sound);
}

void require_found(const Scratch& scratch, const std::string& bytes) {
  write_file(scratch / "data.mdb", bytes);
  const auto verdict = check_meta_pages(scratch / "data.mdb");
  REQUIRE_FALSE(verdict.has_value());
  CHECK(verdict.error().code == Errc::corrupt);
}

} // namespace

TEST_CASE("meta pages: a file that LMDB wrote is valid after every transaction") {
  const auto seed = random_seed();
  CAPTURE(seed);
  const BackendFixture fixture(BackendFixture::Kind::lmdb);
  const fs::path data = fixture.scratch / "data.mdb";
  const auto store = good(Store::open(fixture.open()));
  require_sound(data);
  RandomFleet model(seed);
  std::vector<Result<NvrId>> outcomes;
  std::unique_ptr<Snapshot> reader; // keeps pages out of the free list
  std::vector<std::string> many;
  for (int i = 0; i < 400; ++i)
    many.push_back("camera number " + std::to_string(i));
  for (int round = 0; round < 300; ++round) {
    std::vector<Write> batch = model.next_batch();
    // An event larger than a page: overflow pages, and later runs of free pages.
    if (round % 20 == 0) {
      batch.push_back(
          write_of(0, {registered(nvr_named("large-" + std::to_string(round), many), 0), event_of(Kind::removed, 0)}));
    }
    good(store->commit(batch, outcomes));
    model.committed(batch, outcomes);
    require_sound(data);
    if (round % 30 == 10) reader = std::make_unique<Snapshot>(good(store->snapshot()));
    if (round % 30 == 20) reader.reset();
    if (round % 9 == 0) {
      good(store->prune(std::numeric_limits<WallMillis>::max(), model.random()() % 40));
      require_sound(data);
    }
  }
}

TEST_CASE("meta pages: data appended after the file was opened can be read") {
  const Scratch scratch;
  const fs::path data = scratch / "data.mdb";
  write_file(data, "old");
  const PageFile file = good(PageFile::open(data));
  CHECK_FALSE(file.read(0, 6));
  std::ofstream(data, std::ios::app) << "new";
  CHECK(file.read(0, 6) == "oldnew");
  CHECK(file.size() == 6);
  CHECK_FALSE(file.read(1, 6));
  CHECK_FALSE(file.read(7, 0));
  CHECK_FALSE(file.read(1, std::numeric_limits<std::uint64_t>::max()));
}

TEST_CASE("meta pages: a missing or empty file is not an error") {
  const Scratch scratch;
  require_sound(scratch / "data.mdb");
  write_file(scratch / "data.mdb", "");
  require_sound(scratch / "data.mdb");
}

TEST_CASE("meta pages: every changed bit of both is detected") {
  const Scratch scratch;
  const Scratch copy;
  make_directory(scratch / "data", 5);
  const std::string sound = read_file(scratch.path() / "data" / "data.mdb");
  write_file(copy / "data.mdb", sound);
  require_sound(copy / "data.mdb");
  for (std::size_t page = 0; page < 2; ++page) {
    for (std::size_t offset = 0; offset < header_bytes + sizeof(format::Meta); ++offset) {
      if (is_map_size(offset)) continue;
      for (int bit = 0; bit < 8; ++bit) {
        CAPTURE(page, offset, bit);
        std::string damaged = sound;
        char& byte = damaged[page * page_size + offset];
        byte = static_cast<char>(byte ^ (1 << bit));
        if (!is_a_failed_commit(sound, damaged, page)) require_found(copy, damaged);
      }
    }
  }
}

TEST_CASE("meta pages: the state after a failed write of a meta page is valid") {
  const Scratch scratch;
  const fs::path path = scratch / "data";
  make_directory(path, 9);
  const std::string before = read_file(path / "data.mdb");
  const Seq head = good(check_directory(path)).head;
  {
    LmdbOptions options;
    options.path = path;
    const auto store = good(Store::open(good(open_lmdb(options))));
    std::vector<std::string> many(3'000, "camera");
    for (std::size_t i = 0; i < many.size(); ++i)
      many[i] += std::to_string(i);
    Write write = write_of(0, {registered(nvr_named("failed", many), 1)}); // extends the file
    committed(*store, write);
  }
  std::string bytes = read_file(path / "data.mdb");
  REQUIRE(bytes.size() > before.size());
  const format::Meta newer = newer_meta(bytes);
  const std::size_t page = newer.txn % 2 * page_size;
  for (const std::size_t field : {offsetof(format::Meta, txn), offsetof(format::Meta, last_page)})
    bytes.replace(page + header_bytes + field, 8, before, page + header_bytes + field, 8);
  write_file(path / "data.mdb", bytes);
  require_sound(path / "data.mdb");
  CHECK(good(check_directory(path)).problems.empty());
  CHECK(good(check_directory(path)).head == head);
  // Damage of that meta page is still detected.
  std::string damaged = bytes;
  damaged[page + header_bytes + offsetof(format::Meta, tables) + offsetof(format::Tree, root)] ^= 1;
  write_file(path / "data.mdb", damaged);
  CHECK_FALSE(good(check_directory(path)).problems.empty());
  write_file(path / "data.mdb", bytes);
  {
    const auto directory = good(Directory::open(path));
    run_batches(directory->store(), 9, 20);
    require_clean(directory->store());
  }
  require_sound(path / "data.mdb");
}

TEST_CASE("meta pages: a page that is both in use and free is detected (the next commit would overwrite it)") {
  const Scratch scratch;
  const Scratch copy;
  make_directory(scratch / "data", 5);
  std::string bytes = read_file(scratch.path() / "data" / "data.mdb");
  const format::Meta meta = newer_meta(bytes);
  REQUIRE(meta.free_list.depth == 1);
  // The first entry of the free list: a key of 8 bytes, the number of pages, the page numbers in descending order.
  const std::size_t page = meta.free_list.root * page_size;
  const std::size_t node = page + struct_at<std::uint16_t>(bytes, page + header_bytes);
  const std::size_t list = node + sizeof(format::NodeHeader) + sizeof(std::uint64_t);
  const auto count = struct_at<std::uint64_t>(bytes, list);
  REQUIRE(count > 0);
  const std::size_t lowest = list + count * sizeof(std::uint64_t);
  const auto was = struct_at<format::PageNumber>(bytes, lowest);
  int found = 0;
  for (format::PageNumber used : {meta.tables.root, meta.free_list.root, format::PageNumber{1}}) {
    if (used > was) continue; // out of order: detected for another reason
    std::memcpy(&bytes[lowest], &used, sizeof used);
    require_found(copy, bytes);
    ++found;
  }
  CHECK(found >= 1);
  // Two tables must not share a page. The records of all tables are in one leaf.
  std::memcpy(&bytes[lowest], &was, sizeof was);
  std::vector<std::size_t> roots;
  const std::size_t leaf = meta.tables.root * page_size;
  for (std::size_t i = 0; i < meta.tables.entries; ++i) {
    const std::size_t entry = leaf + struct_at<std::uint16_t>(bytes, leaf + header_bytes + 2 * i);
    const auto header = struct_at<format::NodeHeader>(bytes, entry);
    const std::size_t tree = entry + sizeof header + header.key_bytes;
    if (struct_at<format::Tree>(bytes, tree).depth == 1) roots.push_back(tree);
  }
  REQUIRE(roots.size() >= 2);
  bytes.replace(roots[0], sizeof(format::Tree), bytes, roots[1], sizeof(format::Tree));
  require_found(copy, bytes);
}

TEST_CASE("meta pages: a data directory with a damaged one is refused and not changed") {
  const Scratch scratch;
  const fs::path path = scratch / "data";
  make_directory(path, 6);
  fs::remove(path / "lock.mdb");
  const std::string sound = read_file(path / "data.mdb");
  for (const std::size_t page : {0, 1}) {
    for (std::size_t offset = 0; offset < header_bytes + sizeof(format::Meta); ++offset) {
      if (is_map_size(offset)) continue;
      CAPTURE(page, offset);
      std::string damaged = sound;
      damaged[page * page_size + offset] = static_cast<char>(~damaged[page * page_size + offset]);
      write_file(path / "data.mdb", damaged);
      const auto before = contents(path);
      const auto opened = Directory::open(path);
      REQUIRE_FALSE(opened.has_value());
      CHECK(opened.error().code == Errc::corrupt);
      CHECK(opened.error().message.find(path.string()) != std::string::npos);
      CHECK_FALSE(good(check_directory(path)).problems.empty());
      REQUIRE(contents(path) == before);
    }
  }
  write_file(path / "data.mdb", sound);
  good(Directory::open(path));
}

TEST_CASE("meta pages: a damaged map size is harmless or detected") {
  const Scratch scratch;
  const fs::path path = scratch / "data";
  make_directory(path, 7);
  const std::string sound = read_file(path / "data.mdb");
  for (std::size_t offset = 0; offset < header_bytes + sizeof(format::Meta); ++offset) {
    if (!is_map_size(offset)) continue;
    std::string damaged = sound;
    damaged[offset] = static_cast<char>(damaged[offset] ^ 0x11);
    write_file(path / "data.mdb", damaged);
    const CheckReport report = good(check_directory(path));
    CHECK((!report.problems.empty() || report.head > 0));
  }
}

TEST_CASE("meta pages: a truncated file is detected at any length") {
  const Scratch scratch;
  const Scratch copy;
  make_directory(scratch / "data", 8);
  const std::string sound = read_file(scratch.path() / "data" / "data.mdb");
  const std::string whole = [&] {
    write_file(copy / "data.mdb", sound);
    return std::to_string(good(check_directory(copy.path())).head);
  }();
  for (std::size_t size = 1; size < sound.size(); size += 1'500) {
    CAPTURE(size);
    write_file(copy / "data.mdb", sound.substr(0, size));
    const auto before = contents(copy.path());
    const CheckReport report = good(check_directory(copy.path()));
    const auto opened = Directory::open(copy.path());
    if (report.problems.empty()) {
      // Only free pages are missing.
      CHECK(std::to_string(report.head) == whole);
      CHECK(size > sound.size() / 2);
      fs::remove(copy / "lock.mdb");
      fs::remove(copy / "epoch");
      fs::remove(copy / "nvrhub.lock");
    } else {
      CHECK_FALSE(opened.has_value());
      CHECK(opened.error().code == Errc::corrupt);
      REQUIRE(contents(copy.path()) == before);
    }
  }
}
