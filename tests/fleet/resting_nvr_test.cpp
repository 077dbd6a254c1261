#include "fleet/resting_nvr.hpp"

#include <string>

#include <catch2/catch.hpp>

#include "fleet/build.hpp"
#include "fleet/names.hpp"

using namespace nvrhub::fleet;
using namespace nvrhub::fleet::test;

namespace {

/// Rests and comes back.
Nvr through_rest(const Nvr& nvr) {
  RestingNvr resting;
  resting = nvr;
  resting.rest();
  return resting.open();
}

} // namespace

TEST_CASE("an NVR is after its rest what it was before, whatever its cameras are") {
  Nvr box = nvr({{"CAM-001", "online", "192.168.0.1"}, {"CAM-002", "video_loss"}});
  box.site = "North";
  box.last_seen = 5;
  box.session = 6;
  box.cameras[0].source = Source::manual;
  box.cameras[1].since = 1'700'000'000'123;
  Camera& longest = box.add(std::string(max_name_bytes, 'x'), std::string(max_address_bytes, 'y'));
  longest.status = status(std::string(Status::max_bytes, 'z'));
  longest.source = Source::nvr_unreachable;
  longest.since = -1;
  box.add("\xC3\xA9t\xC3\xA9", "").status = status("\xE2\x9C\x93");
  CHECK(through_rest(box) == box);
}

TEST_CASE("an NVR without cameras rests as well, and with a thousand") {
  Nvr box = nvr({});
  CHECK(through_rest(box) == box);
  for (int i = 0; i < 1000; ++i)
    box.add("CAM-" + std::to_string(i), i % 2 == 0 ? "10.0.0.1" : "").since = i;
  CHECK(through_rest(box) == box);
}

TEST_CASE("a resting NVR still tells who it is, and takes changes of that") {
  RestingNvr resting;
  resting = nvr({{"CAM-001", "online"}});
  resting.rest();
  resting.rest();
  CHECK(resting->hostname == "DESKTOP-T7MNQIA");
  resting.head().online = false;
  CHECK_FALSE(resting.open().online);
  CHECK(resting.open().cameras.size() == 1); // opened twice
}

TEST_CASE("what is put in place of a resting NVR has nothing of it") {
  RestingNvr resting;
  resting = nvr({{"CAM-001", "online"}});
  resting.rest();
  resting = Nvr{};
  CHECK(resting.open() == Nvr{});
}
