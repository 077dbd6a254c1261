#include "net/limits/pending_connections.hpp"

#include <vector>

#include <catch2/catch.hpp>

using namespace nvrhub::net;
using namespace std::chrono_literals;

namespace {

struct Guest : PendingConnection {
  void evict() override { evicted = true; }
  bool evicted = false;
};

} // namespace

TEST_CASE("pending connections: there is room up to the limit", "[handshakes]") {
  PendingConnections pending_connections;
  pending_connections.set_max(2);
  const MonoTime now{1h};
  std::vector<Guest> guests(2);
  for (Guest& guest : guests) {
    CHECK(pending_connections.make_room(now));
    pending_connections.join(guest, now);
  }
  CHECK_FALSE(pending_connections.make_room(now)); // both are too young to be evicted
  CHECK_FALSE(guests[0].evicted);
  pending_connections.leave(guests[1]);
  CHECK(pending_connections.make_room(now));
}

TEST_CASE("pending connections: the oldest is evicted once it is old enough", "[handshakes]") {
  PendingConnections pending_connections;
  pending_connections.set_max(2);
  MonoTime now{1h};
  std::vector<Guest> guests(2);
  pending_connections.join(guests[0], now);
  pending_connections.join(guests[1], now + 1s);
  pending_connections.join(guests[0], now + 2s); // its next request: counts as new
  now += 3s;
  CHECK(pending_connections.make_room(now));
  CHECK(guests[1].evicted);
  CHECK_FALSE(guests[0].evicted);
  CHECK(pending_connections.make_room(now));
  CHECK_FALSE(guests[0].evicted);
}

TEST_CASE("pending connections: one that left is not evicted; one that never joined may leave", "[handshakes]") {
  PendingConnections pending_connections;
  Guest guest;
  pending_connections.leave(guest);
  pending_connections.join(guest, MonoTime{1h});
  pending_connections.leave(guest);
  pending_connections.leave(guest);
  CHECK_FALSE(pending_connections.evict_oldest(MonoTime{2h}));
  CHECK_FALSE(guest.evicted);
}

TEST_CASE("pending connections: one that waits for the server is counted, not evicted, and does not age",
          "[handshakes]") {
  PendingConnections pending_connections;
  pending_connections.set_max(2);
  MonoTime now{1h};
  std::vector<Guest> guests(2);
  pending_connections.join(guests[0], now);
  now += 1s;
  pending_connections.hold(guests[0], now);
  now += 1h;
  pending_connections.join(guests[1], now);
  CHECK_FALSE(pending_connections.make_room(now));
  pending_connections.resume(guests[0], now);
  CHECK_FALSE(pending_connections.make_room(now + 999ms));
  CHECK(pending_connections.make_room(now + 1s));
  CHECK(guests[0].evicted);
  CHECK_FALSE(guests[1].evicted);
}

TEST_CASE("pending connections: one that leaves while it waits for the server makes room", "[handshakes]") {
  PendingConnections pending_connections;
  pending_connections.set_max(1);
  const MonoTime now{1h};
  Guest guest;
  pending_connections.join(guest, now);
  pending_connections.hold(guest, now);
  CHECK_FALSE(pending_connections.make_room(now));
  pending_connections.leave(guest);
  CHECK(pending_connections.make_room(now));
  pending_connections.resume(guest, now); // it has left: no effect
  CHECK_FALSE(pending_connections.evict_oldest(now + 1h));
}
