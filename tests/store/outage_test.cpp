#include "store/support/stores.hpp"

using namespace nvrhub::test;

// When an NVR goes offline, only its own record is written. These tests check the effective status of its cameras.

namespace {

struct Fixture {
  explicit Fixture(const BackendFixture& fixture) : store(good(Store::open(fixture.open()))) {
    Write write = write_of(0, {registered(nvr_named("a", {"door", "gate", "yard"}), 100)});
    id = committed(*store, write);
  }

  void commit_event(Event event) {
    Write write = write_of(id, {std::move(event)});
    committed(*store, write);
  }

  const Camera camera(const std::string& name) const { return *nvr_in(*store, id).find(name); }

  void check_camera(const std::string& name, const char* status, Source source, WallMillis since) const {
    CAPTURE(name);
    const Camera now = camera(name);
    CHECK(now.status.text() == status);
    CHECK(now.source == source);
    CHECK(now.since == since);
  }

  std::unique_ptr<Store> store;
  NvrId id = 0;
};

const Status video_loss = *Status::parse("video_loss");

} // namespace

TEST_CASE("outage: the cameras are offline without a write to their records") {
  NVRHUB_FOR_EACH_BACKEND(fixture);
  Fixture f(fixture);
  f.commit_event(change(Kind::nvr_online, 200, {{"door", Status::online()}, {"gate", video_loss}}));
  CHECK(good(good(f.store->snapshot()).counts()) == Counts{1, 0, 1, 1, 1});
  const auto cameras = [&] {
    auto rows = rows_of(*f.store);
    std::erase_if(rows, [](const auto& row) { return row.first[0] != '2'; });
    return rows;
  };
  const auto before = cameras();
  REQUIRE(before.size() == 3);
  f.commit_event(offline(300));
  CHECK(cameras() == before);
  f.check_camera("door", "offline", Source::nvr_unreachable, 300);
  f.check_camera("gate", "offline", Source::nvr_unreachable, 300);
  f.check_camera("yard", "offline", Source::reported, 0); // already offline before
  CHECK(good(good(f.store->snapshot()).counts()) == Counts{0, 1, 0, 3, 0});
  require_clean(*f.store);
}

TEST_CASE("outage: a camera that is not reported again keeps the time of its outage") {
  NVRHUB_FOR_EACH_BACKEND(fixture);
  Fixture f(fixture);
  f.commit_event(change(Kind::nvr_online, 200, {{"door", Status::online()}, {"gate", Status::online()}}));
  f.commit_event(offline(300));
  f.commit_event(change(Kind::nvr_online, 400, {{"gate", Status::online()}}));
  f.check_camera("door", "offline", Source::nvr_unreachable, 300);
  f.check_camera("gate", "online", Source::reported, 400);
  f.commit_event(offline(500));
  f.check_camera("door", "offline", Source::nvr_unreachable, 300);
  f.check_camera("gate", "offline", Source::nvr_unreachable, 500);
  f.commit_event(change(Kind::nvr_online, 600, {}));
  f.commit_event(offline(700));
  f.check_camera("door", "offline", Source::nvr_unreachable, 300);
  f.check_camera("gate", "offline", Source::nvr_unreachable, 500);
  f.commit_event(change(Kind::nvr_online, 800, {{"door", video_loss}}));
  f.check_camera("door", "video_loss", Source::reported, 800);
  CHECK(good(good(f.store->snapshot()).counts()) == Counts{1, 0, 0, 2, 1});
  require_clean(*f.store);
}

TEST_CASE("outage: a status set manually while the NVR is offline stays until the next outage") {
  NVRHUB_FOR_EACH_BACKEND(fixture);
  Fixture f(fixture);
  f.commit_event(change(Kind::nvr_online, 200, {{"door", Status::online()}, {"gate", Status::online()}}));
  f.commit_event(offline(300));
  Event by_hand = change(Kind::cameras, 400, {{"door", Status::online()}});
  by_hand.cameras[0].source = Source::manual;
  f.commit_event(by_hand);
  f.check_camera("door", "online", Source::manual, 400);
  CHECK(good(good(f.store->snapshot()).counts()) == Counts{0, 1, 1, 2, 0});
  f.commit_event(change(Kind::nvr_online, 500, {}));
  f.check_camera("door", "online", Source::manual, 400);
  f.check_camera("gate", "offline", Source::nvr_unreachable, 300);
  f.commit_event(offline(600));
  f.check_camera("door", "offline", Source::nvr_unreachable, 600);
  require_clean(*f.store);
}

TEST_CASE("outage: a second nvr_offline does not change the time of the first") {
  NVRHUB_FOR_EACH_BACKEND(fixture);
  Fixture f(fixture);
  f.commit_event(change(Kind::nvr_online, 200, {{"door", Status::online()}}));
  f.commit_event(offline(300));
  f.commit_event(offline(400));
  f.check_camera("door", "offline", Source::nvr_unreachable, 300);
  require_clean(*f.store);
}

TEST_CASE("outage: an edit during an outage does not end it for the cameras") {
  NVRHUB_FOR_EACH_BACKEND(fixture);
  Fixture f(fixture);
  f.commit_event(change(Kind::nvr_online, 200, {{"door", Status::online()}, {"gate", Status::online()}}));
  f.commit_event(offline(300));
  Nvr nvr = nvr_in(*f.store, f.id);
  nvr.site = "Dock";
  nvr.find("gate")->ip_address = "10.1.1.1";
  f.commit_event(registered(nvr, 350));
  f.check_camera("door", "offline", Source::nvr_unreachable, 300);
  f.check_camera("gate", "offline", Source::nvr_unreachable, 300);
  f.commit_event(change(Kind::nvr_online, 400, {}));
  f.commit_event(offline(500));
  f.check_camera("door", "offline", Source::nvr_unreachable, 300);
  f.check_camera("gate", "offline", Source::nvr_unreachable, 300);
  require_clean(*f.store);
}

TEST_CASE("outage: a registration that brings an NVR online resolves stale cameras") {
  NVRHUB_FOR_EACH_BACKEND(fixture);
  Fixture f(fixture);
  f.commit_event(change(Kind::nvr_online, 200, {{"door", Status::online()}}));
  f.commit_event(offline(300));
  Nvr nvr = nvr_in(*f.store, f.id);
  nvr.online = true;
  f.commit_event(registered(nvr, 350));
  f.commit_event(offline(500));
  f.check_camera("door", "offline", Source::nvr_unreachable, 300);
  require_clean(*f.store);
}

TEST_CASE("outage: one write can contain an outage and its end") {
  NVRHUB_FOR_EACH_BACKEND(fixture);
  Fixture f(fixture);
  Write write = write_of(f.id, {change(Kind::nvr_online, 200, {{"door", Status::online()}, {"gate", Status::online()}}),
                                offline(300), change(Kind::nvr_online, 400, {{"gate", video_loss}}), offline(500)});
  committed(*f.store, write);
  f.check_camera("door", "offline", Source::nvr_unreachable, 300);
  f.check_camera("gate", "offline", Source::nvr_unreachable, 500);
  require_clean(*f.store);
}
