#include "actors/presence.hpp"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

using namespace nvrhub;
using actors::Presence;
using Moved = std::vector<std::pair<fleet::NvrId, fleet::WallMillis>>;

TEST_CASE("Presence: last_seen never goes back") {
  Presence presence;
  CHECK(presence.last_seen(7) == 0);
  presence.touch(7, 100);
  presence.touch(7, 90);
  CHECK(presence.last_seen(7) == 100);
  presence.touch(7, 101);
  CHECK(presence.last_seen(7) == 101);
  CHECK(presence.last_seen(6) == 0);
}

TEST_CASE("Presence: last_seen never goes back while two threads move it") {
  Presence presence;
  std::atomic<fleet::WallMillis> clock{0};
  std::atomic<int> backwards{0};
  const auto move = [&] {
    fleet::WallMillis before = 0;
    for (int i = 0; i < 1'000'000; ++i) {
      const fleet::WallMillis at = ++clock;
      if (presence.last_seen(1) < before) ++backwards;
      presence.touch(1, before = at);
    }
  };
  std::thread other(move);
  move();
  other.join();
  CHECK(backwards == 0);
  CHECK(presence.last_seen(1) == clock);
}

TEST_CASE("Presence: unconfirmed NVRs are counted once each") {
  Presence presence;
  presence.set_unconfirmed(1, true);
  presence.set_unconfirmed(1, true);
  presence.set_unconfirmed(9000, true);
  presence.set_unconfirmed(3, false);
  CHECK(presence.unconfirmed_count() == 2);
  CHECK(presence.unconfirmed(1));
  CHECK_FALSE(presence.unconfirmed(3));
  presence.set_unconfirmed(1, false);
  presence.set_unconfirmed(1, false);
  CHECK(presence.unconfirmed_count() == 1);
  CHECK_FALSE(presence.unconfirmed(1));
  CHECK(presence.unconfirmed(9000));
  CHECK_FALSE(presence.unconfirmed(2'000'000'000)); // unknown
}

TEST_CASE("Presence: take_moved returns each change once") {
  Presence presence;
  CHECK(presence.take_moved().empty());
  presence.touch(5, 50);
  presence.touch(2, 20);
  CHECK(presence.take_moved() == Moved{{2, 20}, {5, 50}});
  CHECK(presence.take_moved().empty());
  presence.touch(5, 50);
  presence.touch(2, 19);
  CHECK(presence.take_moved().empty());
  presence.touch(2, 21);
  CHECK(presence.take_moved() == Moved{{2, 21}});
}

TEST_CASE("Presence: ids in different blocks and levels of blocks") {
  Presence presence;
  const std::vector<fleet::NvrId> ids{1, 4095, 4096, 4097, 4096 * 1024 - 1, 4096 * 1024, 4096 * 1024 + 1};
  Moved expected;
  for (const fleet::NvrId id : ids) {
    presence.touch(id, id + 1);
    presence.set_unconfirmed(id, id % 2 == 1);
    expected.emplace_back(id, id + 1);
  }
  CHECK(presence.take_moved() == expected);
  for (const fleet::NvrId id : ids) {
    CHECK(presence.last_seen(id) == id + 1);
    CHECK(presence.unconfirmed(id) == (id % 2 == 1));
  }
  CHECK(presence.last_seen(4098) == 0);
}

TEST_CASE("Presence: two threads fill the same blocks while a third calls take_moved") {
  constexpr fleet::NvrId each = 20'000;
  Presence presence;
  std::atomic<int> writing{2};
  const auto write = [&](fleet::NvrId first) {
    for (fleet::NvrId id = first; id <= 2 * each; id += 2) {
      presence.set_unconfirmed(id, true);
      presence.touch(id, id);
      if (id % 3 == 0) presence.set_unconfirmed(id, false);
    }
    --writing;
  };
  std::thread odd(write, 1);
  std::thread even(write, 2);
  std::vector<int> times_returned(2 * each + 1);
  const auto take = [&] {
    for (const auto& [id, seen] : presence.take_moved()) {
      if (seen == id) ++times_returned[id];
    }
  };
  while (writing > 0)
    take();
  odd.join();
  even.join();
  take();

  CHECK(std::count(times_returned.begin() + 1, times_returned.end(), 1) == 2 * each);
  CHECK(presence.unconfirmed_count() == 2 * each - 2 * each / 3);
}
