#include "store/support/stores.hpp"

using namespace nvrhub::test;

// An NVR's going offline writes its own record alone. These cases are about what its cameras read as from then on.

namespace {

struct Fixture {
  explicit Fixture(const Twin& twin) : store(good(Store::open(twin.open()))) {
    Write write = write_of(0, {registered(nvr_named("a", {"door", "gate", "yard"}), 100)});
    id = committed(*store, write);
  }

  void happens(Event event) {
    Write write = write_of(id, {std::move(event)});
    committed(*store, write);
  }

  const Camera camera(const std::string& name) const { return *nvr_in(*store, id).find(name); }

  void reads(const std::string& name, const char* status, Source source, WallMillis since) const {
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

TEST_CASE("going offline takes the cameras along and writes none of them") {
  NVRHUB_FOR_EACH_TWIN(twin);
  Fixture f(twin);
  f.happens(change(Kind::nvr_online, 200, {{"door", Status::online()}, {"gate", video_loss}}));
  CHECK(good(good(f.store->snapshot()).counts()) == Counts{1, 0, 1, 1, 1});
  const auto cameras = [&] {
    auto rows = rows_of(*f.store);
    std::erase_if(rows, [](const auto& row) { return row.first[0] != '2'; });
    return rows;
  };
  const auto before = cameras();
  REQUIRE(before.size() == 3);
  f.happens(offline(300));
  CHECK(cameras() == before);
  f.reads("door", "offline", Source::nvr_unreachable, 300);
  f.reads("gate", "offline", Source::nvr_unreachable, 300);
  f.reads("yard", "offline", Source::reported, 0); // it read offline before
  CHECK(good(good(f.store->snapshot()).counts()) == Counts{0, 1, 0, 3, 0});
  require_clean(*f.store);
}

TEST_CASE("a camera that no report names again keeps telling of the outage that took it") {
  NVRHUB_FOR_EACH_TWIN(twin);
  Fixture f(twin);
  f.happens(change(Kind::nvr_online, 200, {{"door", Status::online()}, {"gate", Status::online()}}));
  f.happens(offline(300));
  f.happens(change(Kind::nvr_online, 400, {{"gate", Status::online()}}));
  f.reads("door", "offline", Source::nvr_unreachable, 300);
  f.reads("gate", "online", Source::reported, 400);
  f.happens(offline(500));
  f.reads("door", "offline", Source::nvr_unreachable, 300);
  f.reads("gate", "offline", Source::nvr_unreachable, 500);
  f.happens(change(Kind::nvr_online, 600, {}));
  f.happens(offline(700));
  f.reads("door", "offline", Source::nvr_unreachable, 300);
  f.reads("gate", "offline", Source::nvr_unreachable, 500);
  f.happens(change(Kind::nvr_online, 800, {{"door", video_loss}}));
  f.reads("door", "video_loss", Source::reported, 800);
  CHECK(good(good(f.store->snapshot()).counts()) == Counts{1, 0, 0, 2, 1});
  require_clean(*f.store);
}

TEST_CASE("a camera set by hand while its NVR is offline reads as set, until the next outage") {
  NVRHUB_FOR_EACH_TWIN(twin);
  Fixture f(twin);
  f.happens(change(Kind::nvr_online, 200, {{"door", Status::online()}, {"gate", Status::online()}}));
  f.happens(offline(300));
  Event by_hand = change(Kind::cameras, 400, {{"door", Status::online()}});
  by_hand.cameras[0].source = Source::manual;
  f.happens(by_hand);
  f.reads("door", "online", Source::manual, 400);
  CHECK(good(good(f.store->snapshot()).counts()) == Counts{0, 1, 1, 2, 0});
  f.happens(change(Kind::nvr_online, 500, {}));
  f.reads("door", "online", Source::manual, 400);
  f.reads("gate", "offline", Source::nvr_unreachable, 300);
  f.happens(offline(600));
  f.reads("door", "offline", Source::nvr_unreachable, 600);
  require_clean(*f.store);
}

TEST_CASE("an NVR that goes offline twice in a row went at the first") {
  NVRHUB_FOR_EACH_TWIN(twin);
  Fixture f(twin);
  f.happens(change(Kind::nvr_online, 200, {{"door", Status::online()}}));
  f.happens(offline(300));
  f.happens(offline(400));
  f.reads("door", "offline", Source::nvr_unreachable, 300);
  require_clean(*f.store);
}

TEST_CASE("an edit during an outage leaves the cameras in it") {
  NVRHUB_FOR_EACH_TWIN(twin);
  Fixture f(twin);
  f.happens(change(Kind::nvr_online, 200, {{"door", Status::online()}, {"gate", Status::online()}}));
  f.happens(offline(300));
  Nvr nvr = nvr_in(*f.store, f.id);
  nvr.site = "Dock";
  nvr.find("gate")->ip_address = "10.1.1.1";
  f.happens(registered(nvr, 350));
  f.reads("door", "offline", Source::nvr_unreachable, 300);
  f.reads("gate", "offline", Source::nvr_unreachable, 300);
  f.happens(change(Kind::nvr_online, 400, {}));
  f.happens(offline(500));
  f.reads("door", "offline", Source::nvr_unreachable, 300);
  f.reads("gate", "offline", Source::nvr_unreachable, 300);
  require_clean(*f.store);
}

TEST_CASE("a registration that brings an NVR online settles its cameras as well") {
  NVRHUB_FOR_EACH_TWIN(twin);
  Fixture f(twin);
  f.happens(change(Kind::nvr_online, 200, {{"door", Status::online()}}));
  f.happens(offline(300));
  Nvr nvr = nvr_in(*f.store, f.id);
  nvr.online = true;
  f.happens(registered(nvr, 350));
  f.happens(offline(500));
  f.reads("door", "offline", Source::nvr_unreachable, 300);
  require_clean(*f.store);
}

TEST_CASE("one write may hold an outage and the return from it") {
  NVRHUB_FOR_EACH_TWIN(twin);
  Fixture f(twin);
  Write write = write_of(f.id, {change(Kind::nvr_online, 200, {{"door", Status::online()}, {"gate", Status::online()}}),
                                offline(300), change(Kind::nvr_online, 400, {{"gate", video_loss}}), offline(500)});
  committed(*f.store, write);
  f.reads("door", "offline", Source::nvr_unreachable, 300);
  f.reads("gate", "offline", Source::nvr_unreachable, 500);
  require_clean(*f.store);
}
