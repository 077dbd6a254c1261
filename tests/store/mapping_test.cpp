// Release of the resident pages of data.mdb.
#include "store/lmdb/mapping.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <cstdio>
#include <fstream>
#include <string>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "store/lmdb/lmdb_env.hpp"
#include "store/support/scratch.hpp"

using namespace nvrhub;
using namespace nvrhub::store;

namespace {

/// The `Rss` of a mapping, from /proc/self/smaps.
std::size_t resident_kb(std::span<std::byte> mapping) {
  std::array<char, 32> begin{};
  std::snprintf(begin.data(), begin.size(), "%lx-", reinterpret_cast<unsigned long>(mapping.data()));
  std::ifstream smaps("/proc/self/smaps");
  bool here = false;
  for (std::string line; std::getline(smaps, line);) {
    here = here || line.starts_with(begin.data());
    if (here && line.starts_with("Rss:")) return std::stoul(line.substr(4));
  }
  return 0;
}

unsigned sum(std::span<const std::byte> bytes) {
  unsigned total = 0;
  for (const std::byte byte : bytes)
    total += static_cast<unsigned>(byte);
  return total;
}

} // namespace

TEST_CASE("mapping: resident pages are dropped and can be read again") {
  const std::string text(1 << 20, 'x');
  FILE* file = std::tmpfile();
  REQUIRE(file != nullptr);
  REQUIRE(std::fwrite(text.data(), 1, text.size(), file) == text.size());
  std::fflush(file);
  const int fd = fileno(file);
  CHECK(mapping_of(fd).empty());

  void* const at = mmap(nullptr, text.size(), PROT_READ, MAP_SHARED, fd, 0);
  REQUIRE(at != MAP_FAILED);
  const auto mapping = mapping_of(fd);
  REQUIRE(mapping.data() == at);
  REQUIRE(mapping.size() == text.size());
  CHECK(sum(mapping) == text.size() * 'x');
  CHECK(resident_kb(mapping) == 1024);
  drop_resident_pages(mapping);
  CHECK(resident_kb(mapping) == 0);
  CHECK(sum(mapping) == text.size() * 'x');

  munmap(at, text.size());
  CHECK(mapping_of(fd).empty());
  std::fclose(file);
  drop_resident_pages({});
}

TEST_CASE("mapping: the mapping of an open store is found") {
  const nvrhub::test::Scratch dir;
  LmdbOptions options{dir.path(), std::size_t{1} << 30, LmdbMode::write};
  const auto env = LmdbEnv::open(options);
  REQUIRE(env);
  const int fd = ::open((dir.path() / "data.mdb").c_str(), O_RDONLY);
  const auto mapping = mapping_of(fd);
  ::close(fd);
  CHECK(mapping.size() == options.map_bytes);
  CHECK(resident_kb(mapping) > 0);
  (*env)->release_pages();
  CHECK(resident_kb(mapping) == 0);
}
