#include <catch2/catch.hpp>

#include <future>

#include "app/watch/io_watchdog.hpp"

using namespace std::chrono_literals;
using nvrhub::app::IoWatchdog;
using nvrhub::net::IoPool;

TEST_CASE("IoWatchdog: detects a hung thread among live ones") {
  IoPool pool(3);
  pool.start();
  IoWatchdog io_watchdog(pool);
  const IoWatchdog::Time begin{1h}; // the test controls the clock
  CHECK(io_watchdog.is_alive(begin, 10s));
  io_watchdog.probe(begin);
  pool.flush(); // each thread has run its probe
  CHECK(io_watchdog.is_alive(begin + 24h, 10s));

  std::promise<void> release;
  std::promise<void> hangs;
  pool.thread(1).post([&] {
    hangs.set_value();
    release.get_future().wait();
  });
  hangs.get_future().wait();
  io_watchdog.probe(begin + 24h);
  CHECK(io_watchdog.is_alive(begin + 24h + 9s, 10s));
  io_watchdog.probe(begin + 24h + 9s); // new probes for the others; the pending one stays
  CHECK_FALSE(io_watchdog.is_alive(begin + 24h + 10s, 10s));

  release.set_value();
  pool.flush();
  CHECK(io_watchdog.is_alive(begin + 48h, 10s));
  pool.stop();
}

TEST_CASE("IoWatchdog: may be destroyed while probes are pending") {
  IoPool pool(1);
  {
    IoWatchdog io_watchdog(pool);
    io_watchdog.probe(IoWatchdog::Time{1h}); // no thread runs yet
  }
  pool.start();
  pool.flush();
  pool.stop();
}
