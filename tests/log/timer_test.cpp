#include <catch2/catch.hpp>

#include "log/etcd/backoff.hpp"
#include "log/timer.hpp"

using namespace std::chrono_literals;
using nvrhub::log::Timer;

TEST_CASE("a stopped timer does not run, even if its time had come", "[log]") {
  boost::asio::io_context io;
  bool late_ran = false;
  Timer first(io);
  Timer second(io);
  first.start(0ns, [&] { second.stop(); });
  second.start(0ns, [&] { late_ran = true; });
  io.run();
  CHECK(!late_ran);
}

TEST_CASE("a timer may start itself again, and ends with its owner", "[log]") {
  boost::asio::io_context io;
  int runs = 0;
  {
    Timer timer(io);
    std::function<void()> again = [&] {
      if (++runs < 3) timer.start(0ns, again);
    };
    timer.start(0ns, again);
    io.run();
    CHECK(runs == 3);
    io.restart();
    timer.start(0ns, again);
  }
  io.run();
  CHECK(runs == 3);
}

TEST_CASE("pauses between attempts grow to a limit", "[log]") {
  nvrhub::log::etcd::Backoff backoff;
  const auto first = backoff.next();
  CHECK(backoff.next() > first);
  for (int i = 0; i < 20; ++i)
    CHECK(backoff.next() <= 500ms);
  backoff.reset();
  CHECK(backoff.next() == first);
}
