#include "net/own_program.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <future>

#include <catch2/catch.hpp>

using namespace nvrhub::net;

namespace {

/// What becomes of this test program when it is run with these arguments.
ProgramEnd end_of(IoPool& pool, const std::vector<std::string>& arguments) {
  std::promise<ProgramEnd> ended;
  pool.thread(0).post([&] {
    run_own_program(pool.thread(0), arguments, [&](ProgramEnd end) {
      CHECK(pool.thread(0).is_current());
      ended.set_value(std::move(end));
    });
  });
  return ended.get_future().get();
}

bool has_children() {
  siginfo_t info{};
  return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
}

} // namespace

TEST_CASE("own program: its exit code and what it said are told on the thread that asked") {
  IoPool pool(2);
  pool.start();
  const ProgramEnd help = end_of(pool, {"--help"});
  CHECK(help.code == 0);
  CHECK(help.said.find("usage:") != std::string::npos);
  const ProgramEnd wrong = end_of(pool, {"--no-such-flag"});
  CHECK(wrong.code > 0);
  CHECK(wrong.said.find("no-such-flag") != std::string::npos); // on stderr
  CHECK(end_of(pool, {"own program: one that dies"}).code == 128 + SIGKILL);
  CHECK_FALSE(has_children());
  pool.stop();
}

TEST_CASE("own program: it gets no descriptor of ours") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0); // not closed on exec, as the sockets that Asio accepts
  IoPool pool(1);
  pool.start();
  CHECK(end_of(pool, {"own program: one that has descriptors"}).code == 0);
  pool.stop();
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_CASE("own program: one that goes on ends with its thread") {
  {
    IoPool pool(1);
    pool.start();
    std::promise<void> started;
    pool.thread(0).post([&] {
      run_own_program(pool.thread(0), {"own program: one that goes on"}, [](const ProgramEnd&) { FAIL("it ended"); });
      started.set_value();
    });
    started.get_future().wait();
    CHECK(has_children());
    pool.stop();
  }
  CHECK_FALSE(has_children());
}

// ---- what is run ----

TEST_CASE("own program: one that dies", "[.]") {
  ::kill(::getpid(), SIGKILL);
}

TEST_CASE("own program: one that has descriptors", "[.]") {
  for (int fd = 3; fd < 1024; ++fd)
    CHECK(::fcntl(fd, F_GETFD) < 0);
}

TEST_CASE("own program: one that goes on", "[.]") {
  for (;;)
    ::pause();
}
