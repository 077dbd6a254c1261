#include "actors/waiting_room.hpp"

#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

using namespace nvrhub;
using actors::HostnameIndex;
using actors::WaitingRoom;
using Names = std::vector<std::string>;

namespace {

/// The names must outlive the report.
void fill(fleet::Report& report, const Names& names) {
  for (const std::string& name : names)
    report.cameras.push_back({0, name, std::nullopt, fleet::Status::online(), true});
}

class Room {
public:
  explicit Room(const WaitingRoom::Limits& limits = {}) : room(index, limits) {}

  void add(const std::string& hostname, const Names& cameras, fleet::WallMillis at = 1,
           const char* address = "10.0.0.1", std::size_t max_cameras = 1024) {
    fleet::Report report;
    fill(report, cameras);
    room.add(hostname, address, &report, max_cameras, at);
  }
  Names hostnames(bool with_ignored = false) const {
    Names names;
    for (const auto& nvr : room.list(with_ignored))
      names.push_back(nvr->hostname);
    return names;
  }

  HostnameIndex index;
  WaitingRoom room;
};

} // namespace

TEST_CASE("WaitingRoom: shows the last that tried first, with its tries and cameras") {
  Room waiting;
  waiting.add("A", {"Gate", "Yard"}, 100);
  waiting.add("B", {}, 200);
  waiting.add("A", {"Gate", "Roof"}, 300, "10.0.0.2");
  CHECK(waiting.hostnames() == Names{"A", "B"});
  CHECK(waiting.room.count() == 2);
  const auto nvr = waiting.room.list(false)[0];
  CHECK(nvr->address == "10.0.0.2");
  CHECK(nvr->first_try == 100);
  CHECK(nvr->last_try == 300);
  CHECK(nvr->tries == 2);
  CHECK(nvr->cameras == Names{"Gate", "Roof"});
}

TEST_CASE("WaitingRoom: an auth without a report keeps the cameras of the one before") {
  Room waiting;
  waiting.add("A", {"Gate"}, 100);
  waiting.room.add("A", "10.0.0.1", nullptr, 1024, 50); // the clock was set back
  const auto nvr = waiting.room.list(false)[0];
  CHECK(nvr->cameras == Names{"Gate"});
  CHECK(nvr->tries == 2);
  CHECK(nvr->last_try == 100);
}

TEST_CASE("WaitingRoom: keeps only names that can be registered, each once, up to the limits") {
  Room waiting;
  waiting.add("A", {"Gate", ".", "..", "Gate", "Yard", "Roof"}, 1, "10.0.0.1", 2);
  CHECK(waiting.room.list(false)[0]->cameras == Names{"Gate", "Yard"});
  CHECK(waiting.room.list(false)[0]->cameras_left_out == 1);

  Room small({.nvrs = 10, .bytes = 100'000, .bytes_of_one = 1000});
  Names long_names;
  for (int i = 0; i < 50; ++i)
    long_names.push_back(std::to_string(i) + std::string(150, 'x'));
  small.add("A", long_names);
  const auto nvr = small.room.list(false)[0];
  CHECK(nvr->cameras.size() == 5);
  CHECK(nvr->cameras_left_out == 45);
}

TEST_CASE("WaitingRoom: the entry with the oldest last try makes room") {
  Room waiting({.nvrs = 3, .bytes = 100'000, .bytes_of_one = 1000});
  for (const char* hostname : {"A", "B", "C", "A", "D"})
    waiting.add(hostname, {});
  CHECK(waiting.hostnames() == Names{"D", "A", "C"});
  CHECK(waiting.room.count() == 3);
}

TEST_CASE("WaitingRoom: the bytes of all entries are limited") {
  Room waiting({.nvrs = 1000, .bytes = 10'000, .bytes_of_one = 2000});
  Names names;
  for (int i = 0; i < 8; ++i)
    names.push_back(std::to_string(i) + std::string(190, 'x'));
  for (int i = 0; i < 100; ++i)
    waiting.add("NVR-" + std::to_string(i), names);
  const std::size_t kept = waiting.hostnames().size();
  CHECK(kept >= 3);
  CHECK(kept <= 5);
  CHECK(waiting.hostnames()[0] == "NVR-99");
  waiting.add("huge", Names(1, std::string(200, 'y')));
  CHECK(waiting.hostnames()[0] == "huge");
}

TEST_CASE("WaitingRoom: a registered hostname waits no longer, also if it was registered just before") {
  Room waiting;
  waiting.add("A", {});
  waiting.add("B", {});
  waiting.index.insert("A");
  waiting.room.remove("A");
  waiting.room.remove("never");
  CHECK(waiting.hostnames() == Names{"B"});
  waiting.index.insert("C");
  waiting.add("C", {}); // was refused before
  CHECK(waiting.hostnames() == Names{"B"});
  CHECK(waiting.room.count() == 1);
}

TEST_CASE("WaitingRoom: an ignored NVR stays hidden when it tries again") {
  Room waiting;
  waiting.add("A", {}, 1);
  waiting.add("B", {}, 2);
  CHECK_FALSE(waiting.room.ignore("C"));
  CHECK(waiting.room.ignore("A"));
  CHECK(waiting.room.ignore("A"));
  CHECK(waiting.room.count() == 1);
  waiting.add("A", {"Gate"}, 3);
  CHECK(waiting.hostnames() == Names{"B"});
  CHECK(waiting.hostnames(true) == Names{"A", "B"});
  CHECK(waiting.room.list(true)[0]->ignored);
  CHECK(waiting.room.list(true)[0]->tries == 2);
  waiting.room.remove("A");
  CHECK(waiting.hostnames(true) == Names{"B"});
  waiting.add("A", {}, 4); // was registered and removed again
  CHECK(waiting.hostnames() == Names{"A", "B"});
}

TEST_CASE("WaitingRoom: many threads") {
  Room waiting({.nvrs = 50, .bytes = 1'000'000, .bytes_of_one = 1000});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&waiting, t] {
      for (int i = 0; i < 500; ++i) {
        const std::string hostname = "NVR-" + std::to_string((i * 7 + t) % 100);
        waiting.add(hostname, {"Gate"}, i);
        if (i % 5 == 0) waiting.room.ignore(hostname);
        if (i % 11 == 0) waiting.room.remove(hostname);
        if (i % 50 == 0) waiting.room.list(true);
      }
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  CHECK(waiting.room.list(true).size() <= 50);
  CHECK(waiting.room.count() == waiting.room.list(false).size());
}
