#include <algorithm>

#include "store/integrity/child.hpp"
#include "store/support/directories.hpp"

using namespace nvrhub::test;

namespace {

constexpr std::size_t page_bytes = 4096;

std::string damaged(std::string bytes, Random& random) {
  const std::size_t at = random() % bytes.size();
  const auto page = [&] { return random() % (bytes.size() / page_bytes) * page_bytes; };
  const auto scribble = [&](std::size_t from, std::size_t size) {
    for (std::size_t i = from; i < std::min(bytes.size(), from + size); ++i)
      bytes[i] = static_cast<char>(random());
  };
  switch (random() % 6) {
  case 0:
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << random() % 8));
    break;
  case 1:
    scribble(at, 64);
    break;
  case 2:
    scribble(page(), 16 + random() % 64);
    break; // the page header
  case 3:
    scribble(page(), page_bytes);
    break;
  case 4:
    bytes.replace(page(), page_bytes, page_bytes, '\0');
    break;
  default: // a page written to the wrong position
    if (const std::string lost = bytes.substr(page(), page_bytes); lost.size() == page_bytes) {
      bytes.replace(page(), page_bytes, lost);
    }
  }
  return bytes;
}

/// All rows, read in a child process.
Result<std::string> all_rows(const fs::path& path) {
  return run_in_child([&]() -> std::string {
    LmdbOptions options;
    options.path = path;
    options.mode = LmdbMode::read_unlocked;
    const auto backend = open_lmdb(options);
    if (!backend) return "not opened";
    const auto txn = (*backend)->begin_read();
    if (!txn) return "not read";
    std::string out;
    for (std::size_t i = 0; i < table_count; ++i) {
      std::string key;
      for (;;) {
        const auto entry = (*txn)->lower_bound(static_cast<Table>(i), key);
        if (!entry) return "not read";
        if (!*entry) break;
        key.assign((*entry)->first);
        out += key + "=" + std::string((*entry)->second) + "\n";
        key.push_back('\0');
      }
    }
    return out;
  });
}

} // namespace

TEST_CASE("a damaged file never crashes the reader, never returns wrong rows as clean, and is never written to") {
  const auto seed = random_seed();
  CAPTURE(seed);
  Random random(seed);
  const Scratch scratch;
  const Scratch copy;
  make_directory(scratch / "data", seed, 150);
  const std::string sound = read_file(scratch.path() / "data" / "data.mdb");
  write_file(copy / "data.mdb", sound);
  REQUIRE(good(check_directory(copy.path())).problems.empty());
  const std::string rows = good(all_rows(copy.path()));
  REQUIRE(rows.size() > 1'000);

  int found = 0;
  for (int i = 0; i < 120; ++i) {
    CAPTURE(i);
    write_file(copy / "data.mdb", damaged(sound, random));
    const auto before = contents(copy.path());
    const auto report = check_directory(copy.path());
    REQUIRE(report.has_value());
    const bool clean = report->problems.empty();
    found += clean ? 0 : 1;
    // A file that is reported as clean has all its rows.
    if (clean) {
      const auto now = all_rows(copy.path());
      REQUIRE(now.has_value());
      const auto differs = std::mismatch(rows.begin(), rows.end(), now->begin(), now->end()).first - rows.begin();
      CAPTURE(differs, rows.size(), now->size());
      REQUIRE((*now == rows));
    }
    REQUIRE(contents(copy.path()) == before);
    {
      const auto opened = Directory::open(copy.path());
      if (!opened) {
        CHECK(opened.error().code == Errc::corrupt);
        REQUIRE(contents(copy.path()) == before);
      }
      if (clean) REQUIRE(opened.has_value());
    }
    for (const char* name : {"lock.mdb", "nvrhub.lock", "epoch"})
      fs::remove(copy / name);
  }
  CHECK(found > 20); // most of the changes did damage
}
