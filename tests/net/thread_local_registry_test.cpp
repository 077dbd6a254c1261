#include "net/reactor/thread_local_registry.hpp"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

using namespace nvrhub::net;

namespace {

struct Thing {
  explicit Thing(IoThread& its) : home(its) {}
  IoThread& home;
  int calls = 0;
  bool always_at_home = true;
  std::vector<int> heard;

  void call(int what) {
    ++calls;
    always_at_home = always_at_home && home.is_current();
    heard.push_back(what);
  }
};

/// Two things on the first of two threads, one on the second.
struct Rooms {
  IoPool pool{2};
  ThreadLocalRegistry<Thing> things{pool};
  Thing a{pool.thread(0)}, b{pool.thread(0)}, c{pool.thread(1)};

  Rooms() {
    pool.start();
    for (Thing* thing : {&a, &b, &c})
      on_home(*thing, [this, thing] { things.join(thing->home, *thing); });
  }
  template <class F>
  void on_home(Thing& thing, F what) {
    boost::asio::post(thing.home.context(), what);
    pool.flush();
  }
};

} // namespace

TEST_CASE("thread-local registry: each object is called on its own thread, in the order of the calls") {
  Rooms rooms;
  CHECK(rooms.things.count() == 3);
  for (int i = 0; i < 3; ++i)
    rooms.things.each([i](Thing& thing) { thing.call(i); });
  rooms.pool.flush();
  for (const Thing* thing : {&rooms.a, &rooms.b, &rooms.c}) {
    CHECK(thing->heard == std::vector<int>{0, 1, 2});
    CHECK(thing->always_at_home);
  }
}

TEST_CASE("thread-local registry: an object that has left is not called") {
  Rooms rooms;
  rooms.on_home(rooms.a, [&] {
    rooms.things.leave(rooms.a.home, rooms.a);
    rooms.things.leave(rooms.a.home, rooms.a); // once is enough
  });
  CHECK(rooms.things.count() == 2);
  rooms.things.each([](Thing& thing) { thing.call(0); });
  rooms.pool.flush();
  CHECK(rooms.a.calls == 0);
  CHECK(rooms.b.calls == 1);
  CHECK(rooms.c.calls == 1);
}

TEST_CASE("thread-local registry: objects may leave and join during a call") {
  Rooms rooms;
  Thing late{rooms.pool.thread(0)};
  rooms.things.each([&](Thing& thing) {
    thing.call(0);
    if (&thing == &rooms.c) return;
    Thing& other = &thing == &rooms.a ? rooms.b : rooms.a;
    rooms.things.leave(other.home, other);
    rooms.things.join(late.home, late);
  });
  rooms.pool.flush();
  CHECK(rooms.a.calls + rooms.b.calls == 1);
  CHECK(late.calls == 0);
  CHECK(rooms.things.count() == 3);
}

TEST_CASE("thread-local registry: without objects nothing is posted") {
  IoPool pool(2);
  ThreadLocalRegistry<Thing> things(pool);
  things.each([](Thing&) {});
  CHECK(things.count() == 0);
  CHECK(pool.thread(0).context().poll() == 0); // the pool was not started: the call would still be queued
}

TEST_CASE("thread-local registry: the count can be read while objects join and leave") {
  Rooms rooms;
  std::atomic<bool> done{false};
  std::size_t most = 0;
  std::thread reader([&] {
    while (!done)
      most = std::max(most, rooms.things.count());
  });
  for (int i = 0; i < 500; ++i) {
    rooms.on_home(rooms.c, [&] { rooms.things.leave(rooms.c.home, rooms.c); });
    rooms.on_home(rooms.c, [&] { rooms.things.join(rooms.c.home, rooms.c); });
  }
  done = true;
  reader.join();
  CHECK(rooms.things.count() == 3);
  CHECK(most <= 3);
}
