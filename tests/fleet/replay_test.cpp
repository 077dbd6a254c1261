#include "fleet/replay.hpp"

#include <catch2/catch.hpp>

#include "fleet/build.hpp"

using namespace nvrhub::fleet;
using namespace nvrhub::fleet::test;

namespace {

Event event(Kind kind, NvrId id = 1) {
  Event made;
  made.kind = kind;
  made.nvr_id = id;
  made.at = 9000;
  return made;
}

Event registered(Nvr nvr) {
  Event made = event(Kind::registered, nvr.id);
  made.nvr = std::move(nvr);
  return made;
}

/// A fleet of two NVRs: number 1 with cameras, number 2 without. (apply is qualified throughout: std::apply would be
/// found for a temporary event.)
Fleet two() {
  Fleet fleet;
  nvrhub::fleet::apply(fleet, registered(nvr({{"a", "offline"}, {"b", "online"}, {"c", "video_loss"}})));
  Nvr second = nvr({});
  second.id = 2;
  second.hostname = "second";
  nvrhub::fleet::apply(fleet, registered(second));
  return fleet;
}

} // namespace

TEST_CASE("registered replaces the whole NVR") {
  Fleet fleet = two();
  REQUIRE(fleet.size() == 2);
  CHECK(statuses(fleet.at(1)) == Texts{"offline", "online", "video_loss"});

  Nvr renamed = fleet.at(1);
  renamed.hostname = "new-box";
  renamed.site = "north";
  renamed.remove("b");
  nvrhub::fleet::apply(fleet, registered(renamed));
  CHECK(fleet.at(1) == renamed);
  CHECK(fleet.at(2).hostname == "second");
}

TEST_CASE("nvr_online sets the NVR and the cameras it names") {
  Fleet fleet = two();
  fleet.at(1).online = false;
  Event online = event(Kind::nvr_online);
  online.cameras = {{"a", Status::online(), Source::assumed}};

  nvrhub::fleet::apply(fleet, online);

  CHECK(fleet.at(1).online);
  CHECK(statuses(fleet.at(1)) == Texts{"online", "online", "video_loss"});
  CHECK(fleet.at(1).cameras[0].source == Source::assumed);
  CHECK(fleet.at(1).cameras[0].since == 9000);
  CHECK(fleet.at(1).cameras[1].since == 1);
}

TEST_CASE("cameras changes only cameras") {
  Fleet fleet = two();
  fleet.at(1).online = false;
  Event change = event(Kind::cameras);
  change.cameras = {{"b", status("unauthorized"), Source::manual}, {"gone", Status::online(), Source::reported}};

  nvrhub::fleet::apply(fleet, change);

  CHECK_FALSE(fleet.at(1).online);
  CHECK(statuses(fleet.at(1)) == Texts{"offline", "unauthorized", "video_loss"});
  CHECK(fleet.at(1).cameras[1].source == Source::manual);
  CHECK(fleet.at(1).cameras[1].since == 9000);
}

TEST_CASE("nvr_offline applies to all cameras of the NVR") {
  Fleet fleet = two();
  nvrhub::fleet::apply(fleet, event(Kind::nvr_offline));

  const Nvr& box = fleet.at(1);
  CHECK_FALSE(box.online);
  CHECK(statuses(box) == Texts{"offline", "offline", "offline"});
  CHECK(box.cameras[0].since == 1); // it was offline before
  CHECK(box.cameras[0].source == Source::reported);
  CHECK(box.cameras[1].since == 9000);
  CHECK(box.cameras[1].source == Source::nvr_unreachable);
  CHECK(box.cameras[2].source == Source::nvr_unreachable);
  CHECK(fleet.at(2).online);
}

TEST_CASE("removed removes the NVR") {
  Fleet fleet = two();
  nvrhub::fleet::apply(fleet, event(Kind::removed));
  CHECK(fleet.count(1) == 0);
  CHECK(fleet.count(2) == 1);
}

TEST_CASE("conflict, admin and events of a removed NVR change nothing") {
  Fleet fleet = two();
  const Fleet before = fleet;
  nvrhub::fleet::apply(fleet, event(Kind::conflict));
  nvrhub::fleet::apply(fleet, event(Kind::admin, 0));
  nvrhub::fleet::apply(fleet, event(Kind::nvr_offline, 7));
  nvrhub::fleet::apply(fleet, event(Kind::cameras, 7));
  nvrhub::fleet::apply(fleet, event(Kind::removed, 7));
  CHECK(fleet == before);
}

TEST_CASE("which events the legacy feed shows") {
  CHECK(is_status_change(event(Kind::nvr_online)));
  CHECK(is_status_change(event(Kind::cameras)));
  CHECK(is_status_change(event(Kind::nvr_offline)));
  CHECK(is_status_change(event(Kind::removed)));
  CHECK_FALSE(is_status_change(event(Kind::registered)));
  CHECK_FALSE(is_status_change(event(Kind::conflict)));
  CHECK_FALSE(is_status_change(event(Kind::admin)));

  Event camera_removed = event(Kind::registered);
  camera_removed.cameras_updated = 1;
  CHECK(is_status_change(camera_removed));
}

TEST_CASE("kinds have the texts of protocol.md") {
  CHECK(to_string(Kind::nvr_online) == "nvr_online");
  CHECK(to_string(Kind::cameras) == "cameras");
  CHECK(to_string(Kind::nvr_offline) == "nvr_offline");
  CHECK(to_string(Kind::registered) == "registered");
  CHECK(to_string(Kind::removed) == "removed");
  CHECK(to_string(Kind::conflict) == "conflict");
  CHECK(to_string(Kind::admin) == "admin");
}
