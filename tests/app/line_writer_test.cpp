#include <catch2/catch.hpp>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>

#include "app/log/line_writer.hpp"

using nvrhub::app::LineWriter;

namespace {

std::string format_dropped(std::size_t lines) {
  return "dropped " + std::to_string(lines) + "\n";
}

struct Pipe {
  std::array<int, 2> ends{};
  Pipe() { REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0); }
  ~Pipe() {
    for (const int end : ends) {
      if (end >= 0) ::close(end);
    }
  }
  std::string read_some() const {
    std::array<char, 65536> bytes{};
    const ssize_t got = ::read(ends[0], bytes.data(), bytes.size());
    return {bytes.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
  }
  bool has_more() const {
    pollfd wanted{ends[0], POLLIN, 0};
    return ::poll(&wanted, 1, 0) > 0;
  }
};

} // namespace

TEST_CASE("LineWriter: lines are written in order before, while and after its thread runs") {
  const Pipe pipe;
  LineWriter writer(pipe.ends[1], format_dropped);
  writer.put("one\n");
  CHECK(pipe.read_some() == "one\n"); // written by this thread
  writer.start();
  for (int i = 0; i < 100; ++i)
    writer.put(std::to_string(i) + "\n");
  writer.finish(std::chrono::minutes(1));
  writer.put("last\n");
  std::string expected;
  for (int i = 0; i < 100; ++i)
    expected += std::to_string(i) + "\n";
  CHECK(pipe.read_some() == expected + "last\n");
}

TEST_CASE("LineWriter: a slow log consumer blocks no caller and gets the count of dropped lines") {
  const Pipe pipe;
  const int room = ::fcntl(pipe.ends[1], F_SETPIPE_SZ, 4096);
  REQUIRE(room >= 4096);
  constexpr std::size_t max_bytes = 10'000;
  LineWriter writer(pipe.ends[1], format_dropped, max_bytes);
  writer.start();
  const std::string line = std::string(99, 'x') + "\n";
  constexpr std::size_t put = 5'000;
  for (std::size_t i = 0; i < put; ++i)
    writer.put(line); // would never return if it blocked
  // Each line is written or counted as dropped; the scheduler decides which, and in how many portions.
  std::size_t written = 0;
  std::size_t dropped = 0;
  std::string rest;
  while (written + dropped < put) {
    rest += pipe.read_some();
    for (std::size_t end = 0; (end = rest.find('\n')) != std::string::npos; rest.erase(0, end + 1)) {
      const bool is_count = rest.starts_with("dropped ");
      is_count ? dropped += std::stoul(rest.substr(8)) : ++written;
    }
  }
  CHECK(dropped > 0);
  CHECK(written + dropped == put);
  writer.put("after\n");
  writer.finish(std::chrono::minutes(1));
  CHECK(pipe.read_some() == "after\n");
}

TEST_CASE("LineWriter: finish() returns although the log consumer does not read") {
  const Pipe pipe;
  const std::string line = std::string(99, 'x') + "\n";
  constexpr std::size_t put = 5'000; // more than the pipe holds
  LineWriter writer(pipe.ends[1], format_dropped);
  writer.start();
  for (std::size_t i = 0; i < put; ++i)
    writer.put(line);
  writer.finish(std::chrono::milliseconds(10));
  // The queued lines arrive once the pipe is read; the process could have exited before.
  std::size_t got = 0;
  while (got < put * line.size())
    got += pipe.read_some().size();
  CHECK(got == put * line.size());
  writer.put("after the end\n"); // dropped: writing it would block
  CHECK_FALSE(pipe.has_more());
}

TEST_CASE("LineWriter: survives a log consumer that closes the pipe") {
  std::signal(SIGPIPE, SIG_IGN); // as serve does
  Pipe pipe;
  ::close(pipe.ends[0]);
  pipe.ends[0] = -1;
  LineWriter writer(pipe.ends[1], format_dropped);
  writer.put("nowhere\n");
  writer.start();
  writer.put("nowhere\n");
  writer.finish(std::chrono::minutes(1));
}

TEST_CASE("LineWriter: loses nothing on a descriptor that its parent made non-blocking") {
  const Pipe pipe;
  REQUIRE(::fcntl(pipe.ends[1], F_SETPIPE_SZ, 4096) >= 4096);
  REQUIRE(::fcntl(pipe.ends[1], F_SETFL, O_NONBLOCK) == 0);
  LineWriter writer(pipe.ends[1], format_dropped);
  writer.start();
  std::string expected;
  for (int i = 0; i < 10'000; ++i) {
    expected += std::to_string(i) + "\n";
    writer.put(std::to_string(i) + "\n");
  }
  std::string got;
  while (got.size() < expected.size())
    got += pipe.read_some();
  CHECK(got == expected);
}
