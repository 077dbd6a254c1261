#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "store/integrity/child.hpp"
#include "store/lmdb/lmdb_backend.hpp"
#include "store/support/directories.hpp"
#include "store/support/stores.hpp"

using namespace nvrhub::test;

namespace {

/// A process that has taken all reader slots of a file.
class SlotHolder {
public:
  explicit SlotHolder(const fs::path& path) {
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    pid_ = ::fork();
    if (pid_ == 0) hold(path, ends[1]);
    ::close(ends[1]);
    char byte = 0;
    REQUIRE(::read(ends[0], &byte, 1) == 1);
    ::close(ends[0]);
  }
  ~SlotHolder() { kill(); }
  SlotHolder(const SlotHolder&) = delete;
  SlotHolder& operator=(const SlotHolder&) = delete;
  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

private:
  [[noreturn]] static void hold(const fs::path& path, int ready) {
    LmdbOptions options;
    options.path = path;
    options.mode = LmdbMode::read;
    const auto backend = open_lmdb(options);
    std::vector<std::unique_ptr<ReadTxn>> readers;
    while (backend) {
      auto reader = (*backend)->begin_read();
      if (!reader) break;
      readers.push_back(std::move(*reader));
    }
    (void)!::write(ready, "r", 1);
    for (;;)
      ::pause();
  }

  pid_t pid_ = 0;
};

/// Whether `begin` succeeds before a minute is over. A sweep comes at most twice a second.
template <class Begin>
bool succeeds_soon(Begin begin) {
  for (int i = 0; i < 3'000; ++i) {
    if (begin().has_value()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return false;
}

} // namespace

TEST_CASE("reader slots of a process that was killed are freed when a reader needs one, also if nothing is written") {
  Scratch scratch;
  LmdbOptions options;
  options.path = scratch.path();
  good(open_lmdb(options)).reset();
  SlotHolder holder(scratch.path());
  const auto backend = good(open_lmdb(options));
  const auto refused = backend->begin_read();
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == Errc::io);
  CHECK(refused.error().message.find("too many open snapshots") != std::string::npos);
  holder.kill();
  CHECK(succeeds_soon([&] { return backend->begin_read(); }));
}

TEST_CASE("a command that reads frees the reader slots of dead processes, too") {
  Scratch scratch;
  LmdbOptions options;
  options.path = scratch.path();
  const auto server = good(open_lmdb(options)); // keeps lock.mdb in use, so that its slots stay taken
  SlotHolder holder(scratch.path());
  holder.kill();
  const auto read = run_in_child([&]() -> std::string {
    LmdbOptions reading = options;
    reading.mode = LmdbMode::read;
    const auto opened = open_lmdb(reading);
    return opened ? "opened" : opened.error().message;
  });
  CHECK(good(Result<std::string>(read)) == "opened");
}
