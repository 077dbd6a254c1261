// The cost of durability without LMDB and our own code. sync_page: one page overwritten and synced, the minimum.
// sync_commit: LMDB's system calls for a commit of one change, scattered pages, a sync, the meta page that makes them
// valid, and another sync.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdlib>
#include <filesystem>

#include <fcntl.h>
#include <unistd.h>

namespace bench {

namespace {

constexpr std::size_t page_bytes = 4096;
constexpr off_t pages = 1000; // in the file
constexpr off_t pages_of_commit = 13;

/// An unlinked file whose pages were written and synced before.
class File {
public:
  File() {
    std::string path = std::filesystem::temp_directory_path() / "nvrhub-sync-XXXXXX";
    file_ = mkstemp(path.data());
    unlink(path.c_str());
    for (off_t at = 0; at < pages; ++at)
      write(at);
    sync();
  }
  ~File() { close(file_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  void write(off_t at) {
    ++page_[0];
    failed_ |= pwrite(file_, page_.data(), page_.size(), at * off_t{page_bytes}) != ssize_t{page_bytes};
  }
  void sync() { failed_ |= fdatasync(file_) != 0; }
  void report(benchmark::State& state) const {
    if (failed_) state.SkipWithError("cannot write the file");
  }

private:
  int file_ = -1;
  bool failed_ = false;
  std::array<char, page_bytes> page_{};
};

void sync_page(benchmark::State& state) {
  File file;
  for (auto _ : state) {
    file.write(0);
    file.sync();
  }
  file.report(state);
}
BENCHMARK(sync_page)->UseRealTime();

void sync_commit(benchmark::State& state) {
  File file;
  off_t at = 0;
  for (auto _ : state) {
    for (off_t i = 0; i < pages_of_commit; ++i)
      file.write(1 + (at += 71) % (pages - 1));
    file.sync();
    file.write(0);
    file.sync();
  }
  file.report(state);
}
BENCHMARK(sync_commit)->UseRealTime();

} // namespace

} // namespace bench
