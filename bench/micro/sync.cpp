// The least that durability costs: one page written over and synced, without LMDB or anything else of ours.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdlib>
#include <filesystem>

#include <fcntl.h>
#include <unistd.h>

namespace bench {

namespace {

void sync_page(benchmark::State& state) {
  std::string path = std::filesystem::temp_directory_path() / "nvrhub-sync-XXXXXX";
  const int file = mkstemp(path.data());
  unlink(path.c_str());
  std::array<char, 4096> page{};
  for (auto _ : state) {
    ++page[0];
    if (pwrite(file, page.data(), page.size(), 0) != static_cast<ssize_t>(page.size()) || fdatasync(file) != 0) {
      state.SkipWithError("the file can't be written");
    }
  }
  close(file);
}
BENCHMARK(sync_page)->UseRealTime();

} // namespace

} // namespace bench
