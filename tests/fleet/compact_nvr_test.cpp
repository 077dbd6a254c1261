#include "fleet/compact_nvr.hpp"

#include <string>

#include <catch2/catch.hpp>

#include "fleet/build.hpp"
#include "fleet/names.hpp"

using namespace nvrhub::fleet;
using namespace nvrhub::fleet::test;

namespace {

/// Packs and unpacks.
Nvr through_rest(const Nvr& nvr) {
  CompactNvr packed;
  packed = nvr;
  packed.pack();
  return packed.unpack();
}

} // namespace

TEST_CASE("packing and unpacking keeps an NVR, whatever its cameras are") {
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

TEST_CASE("packing keeps cameras that resemble the one before them in part") {
  Nvr box = nvr({{"A", "online", "10.0.0.1"}, {"AB", "offline", "10.0.0.10"}, {"ABC", "online", "10.0.0"}});
  box.cameras[0].since = box.cameras[1].since = 7;
  box.cameras[2].since = 0;
  box.add("ABCD", "").status = status("onlin");
  box.add("ABCDE", "10.0.0").status = status("offline ");
  box.cameras.back().source = Source::assumed;
  CHECK(through_rest(box) == box);
}

TEST_CASE("NVRs with no camera and with a thousand can be packed") {
  Nvr box = nvr({});
  CHECK(through_rest(box) == box);
  for (int i = 0; i < 1000; ++i)
    box.add("CAM-" + std::to_string(i), i % 2 == 0 ? "10.0.0.1" : "").since = i;
  CHECK(through_rest(box) == box);
}

TEST_CASE("a packed NVR's head can be read and changed") {
  CompactNvr packed;
  packed = nvr({{"CAM-001", "online"}});
  packed.pack();
  packed.pack();
  CHECK(packed->hostname == "DESKTOP-T7MNQIA");
  packed.head().online = false;
  CHECK_FALSE(packed.unpack().online);
  CHECK(packed.unpack().cameras.size() == 1); // unpacked twice
}

TEST_CASE("an NVR assigned to a packed one replaces all of it") {
  CompactNvr packed;
  packed = nvr({{"CAM-001", "online"}});
  packed.pack();
  packed = Nvr{};
  CHECK(packed.unpack() == Nvr{});
}
