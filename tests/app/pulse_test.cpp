#include <catch2/catch.hpp>

#include <future>

#include "app/pulse.hpp"

using namespace std::chrono_literals;
using nvrhub::app::Pulse;
using nvrhub::net::IoPool;

TEST_CASE("Pulse: a thread that hangs is told from those that do not") {
  IoPool pool(3);
  pool.start();
  Pulse pulse(pool);
  const Pulse::Time begin{1h}; // the clock is the test's
  CHECK(pulse.is_alive(begin, 10s));
  pulse.ask(begin);
  pool.flush(); // each has answered
  CHECK(pulse.is_alive(begin + 24h, 10s));

  std::promise<void> release;
  std::promise<void> hangs;
  pool.thread(1).post([&] {
    hangs.set_value();
    release.get_future().wait();
  });
  hangs.get_future().wait();
  pulse.ask(begin + 24h);
  CHECK(pulse.is_alive(begin + 24h + 9s, 10s));
  pulse.ask(begin + 24h + 9s); // the others are asked anew, the first question stands
  CHECK_FALSE(pulse.is_alive(begin + 24h + 10s, 10s));

  release.set_value();
  pool.flush();
  CHECK(pulse.is_alive(begin + 48h, 10s));
  pool.stop();
}

TEST_CASE("Pulse: may go before an answer comes") {
  IoPool pool(1);
  {
    Pulse pulse(pool);
    pulse.ask(Pulse::Time{1h}); // no thread runs yet
  }
  pool.start();
  pool.flush();
  pool.stop();
}
