#include "net/handshakes.hpp"

#include <vector>

#include <catch2/catch.hpp>

using namespace nvrhub::net;
using namespace std::chrono_literals;

namespace {

struct Guest : Newcomer {
  void evict() override { evicted = true; }
  bool evicted = false;
};

} // namespace

TEST_CASE("there is room until there are as many as may be", "[handshakes]") {
  Handshakes handshakes;
  handshakes.set_most(2);
  const MonoTime now{1h};
  std::vector<Guest> guests(2);
  for (Guest& guest : guests) {
    CHECK(handshakes.make_room(now));
    handshakes.join(guest, now);
  }
  CHECK_FALSE(handshakes.make_room(now)); // both have only just come
  CHECK_FALSE(guests[0].evicted);
  handshakes.leave(guests[1]);
  CHECK(handshakes.make_room(now));
}

TEST_CASE("the oldest goes once it had its time", "[handshakes]") {
  Handshakes handshakes;
  handshakes.set_most(2);
  MonoTime now{1h};
  std::vector<Guest> guests(2);
  handshakes.join(guests[0], now);
  handshakes.join(guests[1], now + 1s);
  handshakes.join(guests[0], now + 2s); // asks for something else: as if it had just come
  now += 3s;
  CHECK(handshakes.make_room(now));
  CHECK(guests[1].evicted);
  CHECK_FALSE(guests[0].evicted);
  CHECK(handshakes.make_room(now));
  CHECK_FALSE(guests[0].evicted);
}

TEST_CASE("who left is not evicted, who never joined may leave", "[handshakes]") {
  Handshakes handshakes;
  Guest guest;
  handshakes.leave(guest);
  handshakes.join(guest, MonoTime{1h});
  handshakes.leave(guest);
  handshakes.leave(guest);
  CHECK_FALSE(handshakes.evict_oldest(MonoTime{2h}));
  CHECK_FALSE(guest.evicted);
}
