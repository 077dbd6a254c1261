// CAF's scheduler on Asio's threads.
#include "net/reactor/coordinator.hpp"

#include <atomic>
#include <future>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include <caf/scoped_actor.hpp>

#include "net/support/actors.hpp"
#include "net/support/engine.hpp"

using namespace nvrhub::net;
using namespace nvrhub::net::test;

TEST_CASE("coordinator: actors run on the I/O threads, and reply") {
  Engine engine(GENERATE(std::size_t{1}, std::size_t{4}));
  bool on_io_thread = false;
  int answer = 0;
  const caf::actor actor = engine.system().spawn([&](caf::event_based_actor*) -> caf::behavior {
    return {[&](int n) {
      on_io_thread = IoThread::current() != nullptr;
      return n + 1;
    }};
  });
  {
    caf::scoped_actor self{engine.system()};
    self->request(actor, caf::infinite, 41).receive([&](int n) { answer = n; }, [](const caf::error&) {});
  }
  CHECK(answer == 42);
  CHECK(on_io_thread);
  caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
}

TEST_CASE("coordinator: two actors exchange 10,000 messages") {
  Engine engine(GENERATE(std::size_t{1}, std::size_t{4}));
  Countdown done(1);
  play(engine.system(), 10'000, done);
  CHECK(done.wait());
}

TEST_CASE("coordinator: an actor runs on the I/O thread that sent it the message") {
  Engine engine(4);
  Countdown done(4);
  std::atomic<int> stayed{0};
  for (std::size_t i = 0; i < engine.pool.size(); ++i) {
    IoThread& thread = engine.pool.thread(i);
    boost::asio::post(thread.context(), [&] {
      const caf::actor actor = engine.system().spawn([&](caf::event_based_actor* self) -> caf::behavior {
        return {[&, self](int) {
          stayed += thread.is_current() ? 1 : 0;
          self->quit();
          done.hit();
        }};
      });
      caf::anon_send(actor, 1);
    });
  }
  REQUIRE(done.wait());
  CHECK(stayed == 4);
}

TEST_CASE("coordinator: hundreds of actors exit") {
  Engine engine(GENERATE(std::size_t{1}, std::size_t{4}));
  constexpr int count = 500;
  Countdown gone(count);
  for (int i = 0; i < count; ++i) {
    const caf::actor actor = engine.system().spawn(echo);
    actor->attach_functor([&] { gone.hit(); });
    caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  }
  REQUIRE(gone.wait());
  Countdown done(1);
  play(engine.system(), 10, done); // and the others continue
  CHECK(done.wait());
}

TEST_CASE("coordinator: delayed messages and request timeouts fire") {
  Engine engine(GENERATE(std::size_t{1}, std::size_t{4}));
  Countdown delayed(100);
  engine.system().spawn([&](caf::event_based_actor* self) -> caf::behavior {
    self->delayed_send(self, std::chrono::milliseconds(1), 99);
    return {[&, self](int n) {
      delayed.hit();
      if (n == 0) return self->quit();
      self->delayed_send(self, std::chrono::microseconds(10), n - 1);
    }};
  });

  Countdown timed_out(1);
  caf::error why;
  engine.system().spawn([&](caf::event_based_actor* self) {
    const caf::actor silent = self->spawn([](caf::event_based_actor* its) -> caf::behavior {
      auto promise = std::make_shared<caf::response_promise>();
      return {[its, promise](int) { *promise = its->make_response_promise(); }};
    });
    self->request(silent, std::chrono::milliseconds(5), 1)
        .then([](int) {},
              [&, self, silent](const caf::error& error) {
                why = error;
                self->send_exit(silent, caf::exit_reason::user_shutdown);
                timed_out.hit();
              });
  });
  CHECK(delayed.wait());
  REQUIRE(timed_out.wait());
  CHECK(why == caf::sec::request_timeout);
}

TEST_CASE("coordinator: no message is lost when I/O threads and other threads send at the same time") {
  constexpr int each = 5'000;
  Engine engine(GENERATE(std::size_t{1}, std::size_t{4}));
  Countdown counted(4 * each + each * static_cast<int>(engine.pool.size()));
  const caf::actor counter =
      engine.system().spawn([&](caf::event_based_actor*) -> caf::behavior { return {[&](int) { counted.hit(); }}; });
  std::vector<std::thread> check_origin_and_host;
  for (int i = 0; i < 4; ++i) {
    check_origin_and_host.emplace_back([counter] {
      for (int n = 0; n < each; ++n)
        caf::anon_send(counter, n);
    });
  }
  for (std::size_t i = 0; i < engine.pool.size(); ++i) {
    for (int n = 0; n < each; ++n)
      boost::asio::post(engine.pool.thread(i).context(), [counter, n] { caf::anon_send(counter, n); });
  }
  for (std::thread& thread : check_origin_and_host)
    thread.join();
  CHECK(counted.wait());
  caf::anon_send_exit(counter, caf::exit_reason::user_shutdown);
}

TEST_CASE("coordinator: actors that get messages within wake_once() run after it, on every I/O thread") {
  Engine engine(GENERATE(std::size_t{1}, std::size_t{4}));
  constexpr int count = 100;
  std::atomic<int> ran{0};
  Countdown done(2 * count);
  std::vector<caf::actor> actors;
  for (int i = 0; i < count; ++i)
    actors.push_back(engine.system().spawn([&](caf::event_based_actor*) -> caf::behavior {
      return {[&](int) {
        ++ran;
        done.hit();
      }};
    }));
  for (int i = 0; i < 10; ++i)
    engine.pool.flush(); // they have been initialised and wait for a message
  int ran_within = -1;
  RunQueue::wake_once([&] {
    for (const caf::actor& actor : actors)
      caf::anon_send(actor, 1);
    engine.pool.flush(); // each thread has had a turn
    ran_within = ran;
  });
  CHECK(ran_within == 0);
  for (const caf::actor& actor : actors)
    caf::anon_send(actor, 2); // no longer held
  CHECK(done.wait());
  for (const caf::actor& actor : actors)
    caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
}

TEST_CASE("coordinator: busy actors starve neither other actors nor I/O") {
  const int noise = GENERATE(1, 200); // more than one turn of the thread runs, too
  std::atomic<bool> enough{false};
  Engine engine(1);
  for (int i = 0; i < noise; ++i)
    caf::anon_send(engine.system().spawn(noisy, &enough), 1);
  Countdown done(3);
  play(engine.system(), 200, done);
  play(engine.system(), 200, done);
  for (int i = 0; i < 100; ++i)
    engine.pool.flush(); // a posted handler ran
  caf::actor_system& system = engine.system();
  boost::asio::post(engine.pool.thread(0).context(), [&] { play(system, 100, done); });
  CHECK(done.wait());
  enough = true;
}

TEST_CASE("coordinator: a blocked detached actor blocks no I/O thread") {
  std::promise<void> release;
  Countdown blocked(1);
  Engine engine(2);
  caf::actor store = engine.system().spawn<caf::detached>(
      [&, released = release.get_future().share()](caf::event_based_actor* self) -> caf::behavior {
        return {[&, released, self](int) {
          blocked.hit();
          released.wait();
          self->quit();
        }};
      });
  caf::anon_send(store, 1);
  CHECK(blocked.wait());
  for (int i = 0; i < 1'000; ++i)
    caf::anon_send(store, i); // its mailbox grows

  Countdown games(20);
  for (int i = 0; i < 20; ++i)
    play(engine.system(), 1'000, games);
  CHECK(games.wait());
  Countdown handlers(2'000);
  for (int i = 0; i < 2'000; ++i)
    boost::asio::post(engine.pool.next().context(), [&] { handlers.hit(); });
  CHECK(handlers.wait());
  store = nullptr;
  release.set_value();
}

TEST_CASE("coordinator: repeated shutdowns are orderly while actors are still running") {
  for (int i = 0; i < 50; ++i) {
    Countdown games(10);
    std::atomic<bool> enough{false};
    Engine engine(1 + static_cast<std::size_t>(i % 4));
    for (int n = 0; n < 10; ++n)
      play(engine.system(), 100, games); // still running when the system is destroyed
    std::vector<caf::actor> idle;
    for (int n = 0; n < 70; ++n)
      idle.push_back(engine.system().spawn(echo));
    caf::anon_send(engine.system().spawn(noisy, &enough), 1);
    const caf::actor detached = engine.system().spawn<caf::detached>(echo);
    enough = true;
    for (const caf::actor& actor : idle)
      caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(detached, caf::exit_reason::user_shutdown);
    if (i % 2 == 0) CHECK(games.wait());
  }
}
