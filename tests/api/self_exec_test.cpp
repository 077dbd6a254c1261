#include "api/self_exec.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

using namespace nvrhub::api;

namespace {

/// The result of this test program run with these arguments.
ProcessResult result_of(const std::vector<std::string>& arguments) {
  boost::asio::io_context io;
  std::optional<ProcessResult> result;
  self_exec(io.get_executor(), arguments, [&](ProcessResult its_result) { result = std::move(its_result); });
  io.run();
  REQUIRE(result.has_value());
  return *result;
}

bool has_children() {
  siginfo_t info{};
  return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
}

} // namespace

TEST_CASE("self exec: exit code and output are returned") {
  const ProcessResult help = result_of({"--help"});
  CHECK(help.code == 0);
  CHECK(help.output.find("usage:") != std::string::npos);
  const ProcessResult wrong = result_of({"--no-such-flag"});
  CHECK(wrong.code > 0);
  CHECK(wrong.output.find("no-such-flag") != std::string::npos); // on stderr
  CHECK(result_of({"self exec: a process that kills itself"}).code == 128 + SIGKILL);
  CHECK_FALSE(has_children());
}

TEST_CASE("self exec: the process inherits no descriptor") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0); // not closed on exec, like the sockets that Asio accepts
  CHECK(result_of({"self exec: a process that lists its descriptors"}).code == 0);
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_CASE("self exec: the process ends with its execution context") {
  {
    boost::asio::io_context io;
    self_exec(io.get_executor(), {"self exec: a process that does not end"},
              [](const ProcessResult&) { FAIL("it ended"); });
    io.poll();
    CHECK(has_children());
  }
  CHECK_FALSE(has_children());
}

// ---- the processes, hidden test cases of this program ----

TEST_CASE("self exec: a process that kills itself", "[.]") {
  ::kill(::getpid(), SIGKILL);
}

TEST_CASE("self exec: a process that lists its descriptors", "[.]") {
  for (int fd = 3; fd < 1024; ++fd)
    CHECK(::fcntl(fd, F_GETFD) < 0);
}

TEST_CASE("self exec: a process that does not end", "[.]") {
  for (;;)
    ::pause();
}
