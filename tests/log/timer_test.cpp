#include <catch2/catch.hpp>

#include "log/etcd/backoff.hpp"
#include "log/etcd/patience.hpp"
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

TEST_CASE("a member is waited for longer when none answers in time", "[log]") {
  nvrhub::log::etcd::Patience patience(300ms, 3);
  patience.not_answered();
  patience.not_answered();
  CHECK(patience.now() == 300ms);
  patience.not_answered(); // the third of three
  CHECK(patience.now() == 600ms);
  patience.answered(400ms);
  CHECK(patience.now() == 800ms);
  patience.answered(1ms);
  CHECK(patience.now() == 300ms);
  for (int i = 0; i < 100; ++i)
    patience.not_answered();
  CHECK(patience.now() == nvrhub::log::etcd::Patience::most);
  patience.answered(1h);
  CHECK(patience.now() == nvrhub::log::etcd::Patience::most);
}
