#include <catch2/catch.hpp>

#include "fleet/build.hpp"
#include "fleet/reconcile.hpp"

using namespace nvrhub::fleet;
using namespace nvrhub::fleet::test;

namespace {

constexpr WallMillis now = 5000;

} // namespace

TEST_CASE("with enrolment an unknown camera is created with its status and address") {
  Nvr box = nvr({{"b", "online"}});
  const auto said = report({{"c", "offline"}, {"a", "online", "10.0.0.1"}, {"b", "online"}});

  const Reconciled result = reconcile(box, *said, now, {.enroll = true});

  CHECK(names(box) == Texts{"a", "b", "c"});
  CHECK(statuses(box) == Texts{"online", "online", "offline"});
  CHECK(box.find("a")->ip_address == "10.0.0.1");
  CHECK(box.find("a")->since == now);
  CHECK(result.identity_changed);
  CHECK(result.unknown == 0);
  // A new camera starts offline: one reported offline has not changed.
  REQUIRE(result.changed.size() == 1);
  CHECK(result.changed[0].name == "a");
  CHECK(box.find("c")->since == 0);
}

TEST_CASE("a duplicate of a camera that the same report creates adds no second camera") {
  Nvr box = nvr({});
  const auto said = report({{"a", "online", "10.0.0.1"}, {"a", "video_loss", "10.0.0.2"}});

  const Reconciled result = reconcile(box, *said, now, {.enroll = true});

  CHECK(names(box) == Texts{"a"});
  CHECK(statuses(box) == Texts{"video_loss"});
  CHECK(box.cameras[0].ip_address == "10.0.0.2");
  CHECK(result.changed.size() == 1);
}

TEST_CASE("enrolment that creates no camera does not change the identity") {
  Nvr box = nvr({{"a", "online"}});
  CHECK_FALSE(reconcile(box, *report({{"a", "offline"}}), now, {.enroll = true}).identity_changed);
}

TEST_CASE("cameras over the limit are skipped and named, the others apply") {
  Nvr box = nvr({{"m", "offline"}});
  const auto said = report({{"z", "online"}, {"y", "online"}, {"a", "online"}, {"m", "online"}});

  const Reconciled result = reconcile(box, *said, now, {.enroll = true, .max_cameras = 2});

  CHECK(names(box) == Texts{"m", "z"});
  CHECK(statuses(box) == Texts{"online", "online"});
  REQUIRE(result.skipped.size() == 2);
  CHECK(result.skipped[0].index == 1);
  CHECK(result.skipped[0].name == "y");
  CHECK(result.skipped[0].reason.find("2 cameras") != std::string::npos);
  CHECK(result.skipped[1].index == 2);
  CHECK(result.skipped[1].name == "a");
}

TEST_CASE("exactly as many cameras as the limit are accepted") {
  Nvr box = nvr({});
  const auto result =
      reconcile(box, *report({{"a", "online"}, {"b", "online"}}), now, {.enroll = true, .max_cameras = 2});
  CHECK(names(box) == Texts{"a", "b"});
  CHECK(result.skipped.empty());
}
