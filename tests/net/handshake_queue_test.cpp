#include "net/reactor/handshake_queue.hpp"

#include <future>
#include <string>

#include <catch2/catch.hpp>

#include "net/reactor/io_pool.hpp"

using namespace nvrhub::net;

TEST_CASE("handshake queue: each run continues one handshake and starts one, in order", "[tls]") {
  HandshakeQueue queue;
  std::string ran;
  for (const char name : {'a', 'b', 'c'})
    queue.push(false, [&ran, name] { ran += name; });
  for (const char name : {'1', '2'})
    queue.push(true, [&, name] {
      ran += name;
      if (name == '1') queue.push(true, [&ran] { ran += '3'; });
    });
  std::string after_each;
  while (!queue.empty()) {
    queue.run();
    after_each += ran + ' ';
    ran.clear();
  }
  CHECK(after_each == "1a 2b 3c ");
}

TEST_CASE("handshake queue: an I/O thread runs its other handlers between handshakes", "[tls]") {
  constexpr int handshakes = 100;
  IoPool pool(1);
  IoThread& thread = pool.thread(0);
  std::promise<int> others;
  int begun = 0;
  thread.post([&] {
    for (int i = 0; i < handshakes; ++i)
      thread.handshakes().push(false, [&begun] { ++begun; });
    boost::asio::post(thread.context(), [&] { others.set_value(begun); });
  });
  pool.start();
  CHECK(others.get_future().get() <= 1);
  while (true) {
    std::promise<bool> over;
    thread.post([&] { over.set_value(thread.handshakes().empty()); });
    if (over.get_future().get()) break;
  }
  pool.stop();
  CHECK(begun == handshakes);
}
