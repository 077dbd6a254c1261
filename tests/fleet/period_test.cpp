#include "fleet/reconcile.hpp"

#include <string>

#include <catch2/catch.hpp>

#include "fleet/build.hpp"

using namespace nvrhub::fleet;
using namespace nvrhub::fleet::test;

namespace {

constexpr WallMillis now = 1'705'314'600'000;

std::vector<std::string> changed_names(const std::vector<StatusChange>& changed) {
  std::vector<std::string> found;
  for (const StatusChange& change : changed)
    found.push_back(change.name);
  return found;
}

} // namespace

TEST_CASE("without systemStatus every offline camera becomes online, tagged assumed") {
  Nvr box = nvr({{"a", "offline"}, {"b", "online"}, {"c", "video_loss"}, {"d", "offline"}});
  box.cameras[0].source = Source::nvr_unreachable;

  const auto changed = assume_online(box, now);

  CHECK(statuses(box) == Texts{"online", "online", "video_loss", "online"});
  CHECK(changed_names(changed) == std::vector<std::string>{"a", "d"});
  CHECK(changed[0].source_before == Source::nvr_unreachable);
  CHECK(box.cameras[0].source == Source::assumed);
  CHECK(box.cameras[0].since == now);
  CHECK(box.cameras[1].source == Source::reported);
  CHECK(box.cameras[1].since == 1);
  CHECK(assume_online(box, now + 1).empty());
}

TEST_CASE("the auth of a new online period sets the cameras that it omits offline") {
  Nvr box = nvr({{"a", "online"}, {"b", "online"}, {"c", "video_loss"}, {"d", "offline"}});
  box.cameras[3].source = Source::manual;

  const Reconciled result = reconcile(box, *report({{"a", "online"}}), now, {.new_period = true});

  CHECK(statuses(box) == Texts{"online", "offline", "offline", "offline"});
  CHECK(changed_names(result.changed) == std::vector<std::string>{"b", "c"});
  CHECK(box.cameras[1].source == Source::nvr_unreachable);
  CHECK(box.cameras[1].since == now);
  CHECK(box.cameras[0].since == 1);
  CHECK(box.cameras[3].source == Source::manual);
  CHECK(box.cameras[3].since == 1);
}

TEST_CASE("undo restores status, source and time") {
  Nvr box = nvr({{"a", "online"}, {"b", "offline"}, {"c", "video_loss"}});
  box.cameras[1].source = Source::nvr_unreachable;
  const Nvr before = box;

  const auto reported = reconcile(box, *report({{"a", "offline"}, {"b", "online"}}), now, {.new_period = true});
  REQUIRE(box != before);
  undo(box, reported.changed);
  CHECK(box == before);

  const auto assumed = assume_online(box, now);
  REQUIRE(box != before);
  undo(box, assumed);
  CHECK(box == before);
}
