#include "simulate/measure/change_tracker.hpp"

#include <chrono>

#include <catch2/catch.hpp>

using namespace nvrhub::simulate;
using namespace std::chrono_literals;

namespace {

struct Fixture {
  FleetSpec spec{.hostname_prefix = "NVR-", .nvrs = 3, .cameras = 4, .change_rate = 0, .seed = 1};
  ChangeTracker tracker{spec};
  TimePoint start = Clock::now();

  Fixture() { tracker.watching(true); }
  void show(std::uint64_t seq, std::uint32_t cameras, Clock::duration at, const char* status = "online") {
    tracker.shown("NVR-00001", seq, cameras, status, start + at);
  }
};

} // namespace

TEST_CASE_METHOD(Fixture, "a change is shown by the update with its seq, before or after the ack") {
  tracker.sent(0, 1, false, start);
  tracker.acked(0, 1, 10, 2);
  CHECK(tracker.outstanding() == 1);
  show(10, 2, 3ms);
  CHECK(tracker.outstanding() == 0);

  tracker.sent(0, 2, false, start + 10ms);
  show(11, 1, 15ms);
  CHECK(tracker.outstanding() == 0);
  tracker.acked(0, 2, 11, 1);
  CHECK(tracker.outstanding() == 0);
  CHECK(tracker.result().change.count() == 2);
  CHECK(tracker.result().change.max() == Approx(0.005));
}

TEST_CASE_METHOD(Fixture, "a change that is never shown stays outstanding, and later ones do not hide it") {
  tracker.sent(0, 1, false, start);
  tracker.acked(0, 1, 10, 1);
  tracker.sent(0, 2, false, start + 1ms);
  tracker.acked(0, 2, 12, 1);
  show(12, 1, 2ms);
  CHECK(tracker.outstanding() == 1);
  CHECK(tracker.result().change.count() == 1);
  CHECK(tracker.result().first_outstanding == "NVR-00001");
}

TEST_CASE_METHOD(Fixture, "an offline, another NVR's update and an older update show no change") {
  tracker.sent(0, 1, false, start + 5ms);
  tracker.acked(0, 1, 10, 4);
  show(9, 4, 6ms, "offline");
  tracker.shown("NVR-00002", 10, 4, "online", start + 6ms);
  show(8, 4, 1ms);
  CHECK(tracker.outstanding() == 1);
  tracker.shown("OTHER", 10, 4, "online", start + 6ms);
  CHECK(tracker.result().foreign == 1);
}

TEST_CASE_METHOD(Fixture, "an ack may have a later seq than the change's own event") {
  tracker.sent(0, 1, false, start);
  tracker.acked(0, 1, 15, 1);
  show(12, 1, 2ms);
  CHECK(tracker.outstanding() == 0);
  tracker.sent(0, 2, false, start + 5ms);
  tracker.acked(0, 2, 18, 1);
  show(16, 1, 7ms);
  CHECK(tracker.outstanding() == 0);
}

TEST_CASE_METHOD(Fixture, "changes merged into one commit are shown by one update") {
  tracker.sent(0, 1, false, start);
  tracker.sent(0, 2, false, start + 1ms);
  show(10, 3, 5ms);
  tracker.acked(0, 1, 10, 2);
  tracker.acked(0, 2, 10, 1);
  CHECK(tracker.outstanding() == 0);
  CHECK(tracker.result().change.count() == 2);
}

TEST_CASE_METHOD(Fixture, "an auth is shown by an update with the same number of cameras") {
  tracker.sent(0, 1, true, start);
  tracker.acked(0, 1, 0, 4);
  show(7, 3, 1ms);
  CHECK(tracker.outstanding() == 1);
  show(8, 4, 2ms);
  CHECK(tracker.outstanding() == 0);
  CHECK(tracker.result().auth.count() == 1);
  CHECK(tracker.result().shown_online == 1);
}

TEST_CASE_METHOD(Fixture, "no update is expected for refused, unchanged and disconnected reports") {
  tracker.sent(0, 1, false, start);
  tracker.refused(0, 1);
  tracker.sent(0, 2, false, start);
  tracker.acked(0, 2, 5, 0);
  tracker.sent(0, 3, false, start);
  tracker.connection_lost(0);
  tracker.acked(0, 3, 6, 1);
  CHECK(tracker.outstanding() == 0);
}

TEST_CASE_METHOD(Fixture, "changes while the dashboard is disconnected are unmeasured, not lost") {
  tracker.sent(0, 1, false, start);
  tracker.acked(0, 1, 10, 1);
  tracker.watching(false);
  tracker.sent(0, 2, false, start);
  tracker.acked(0, 2, 11, 1);
  tracker.watching(true);
  CHECK(tracker.outstanding() == 0);
  CHECK(tracker.result().unmeasured == 2);
}

TEST_CASE_METHOD(Fixture, "a server with lower seqs after the dashboard's reconnect is no loss") {
  tracker.sent(0, 1, false, start);
  tracker.acked(0, 1, 1000, 1);
  show(1000, 1, 1ms);
  tracker.watching(false);
  tracker.watching(true);
  tracker.sent(0, 2, false, start + 5ms);
  tracker.acked(0, 2, 3, 1);
  show(3, 1, 6ms);
  CHECK(tracker.outstanding() == 0);
}
