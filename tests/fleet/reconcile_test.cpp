#include "fleet/reconcile.hpp"

#include <string>

#include <catch2/catch.hpp>

#include "fleet/build.hpp"

using namespace nvrhub::fleet;
using namespace nvrhub::fleet::test;

namespace {

constexpr ReconcileRules known_only{};
constexpr WallMillis now = 1'705'314'600'000;

std::vector<std::string> changed_names(const std::vector<StatusChange>& changed) {
  std::vector<std::string> found;
  for (const StatusChange& change : changed)
    found.push_back(change.name);
  return found;
}

} // namespace

TEST_CASE("the mixed report of seed.md sets each camera independently") {
  Nvr box = nvr({{"CAM-001", "offline"},
                 {"CAM-002", "offline"},
                 {"CAM-003", "offline"},
                 {"CAM-004", "offline"},
                 {"CAM-005", "offline"}});
  const auto said = report({{"CAM-001", "online"},
                            {"CAM-002", "online"},
                            {"CAM-003", "online"},
                            {"CAM-004", "offline"},
                            {"CAM-005", "offline"}});

  const Reconciled result = reconcile(box, *said, now, known_only);

  CHECK(statuses(box) == Texts{"online", "online", "online", "offline", "offline"});
  CHECK(changed_names(result.changed) == std::vector<std::string>{"CAM-001", "CAM-002", "CAM-003"});
  CHECK(result.unknown == 0);
  CHECK_FALSE(result.identity_changed);
}

TEST_CASE("the test run of seed.md: CAM-001 offline to online, CAM-003 online to offline, two updated") {
  Nvr box = nvr({{"CAM-001", "offline"}, {"CAM-002", "online"}, {"CAM-003", "online"}});
  const auto said = report({{"CAM-001", "online"}, {"CAM-002", "online"}, {"CAM-003", "offline"}});

  const Reconciled result = reconcile(box, *said, now, known_only);

  REQUIRE(result.changed.size() == 2);
  CHECK(result.changed[0].name == "CAM-001");
  CHECK(result.changed[0].before.is_offline());
  CHECK(result.changed[1].name == "CAM-003");
  CHECK(result.changed[1].before.is_online());
}

TEST_CASE("a changed camera gets a new source and time; an unchanged one keeps both") {
  Nvr box = nvr({{"a", "offline"}, {"b", "online"}});
  box.cameras[0].source = Source::nvr_unreachable;
  box.cameras[1].source = Source::assumed;

  const Reconciled result = reconcile(box, *report({{"a", "online"}, {"b", "online"}}), now, known_only);

  CHECK(box.cameras[0].source == Source::reported);
  CHECK(box.cameras[0].since == now);
  CHECK(box.cameras[1].source == Source::assumed);
  CHECK(box.cameras[1].since == 1);
  REQUIRE(result.changed.size() == 1);
  CHECK(result.changed[0].source_before == Source::nvr_unreachable);
}

TEST_CASE("cameras that a report omits keep their status") {
  Nvr box = nvr({{"a", "offline"}, {"b", "online"}, {"c", "video_loss"}});
  const Nvr before = box;

  CHECK(reconcile(box, *report({}), now, known_only).changed.empty());
  CHECK(box == before);

  reconcile(box, *report({{"a", "online"}}), now, known_only);
  CHECK(statuses(box) == Texts{"online", "online", "video_loss"});
}

TEST_CASE("an unknown camera is counted and creates nothing") {
  Nvr box = nvr({{"CAM-001", "offline"}});
  const auto said = report({{"CAM-009", "online"}, {"CAM-001", "online"}, {"cam-001", "online"}});

  const Reconciled result = reconcile(box, *said, now, known_only);

  CHECK(result.unknown == 2);
  CHECK(names(box) == Texts{"CAM-001"});
  CHECK(statuses(box) == Texts{"online"});
  CHECK(result.skipped.empty());
}

TEST_CASE("the last of duplicate names wins, and counts once") {
  Nvr box = nvr({{"a", "offline"}, {"b", "offline"}});
  SECTION("to another status") {
    const auto result =
        reconcile(box, *report({{"a", "online"}, {"b", "online"}, {"a", "video_loss"}}), now, known_only);
    CHECK(statuses(box) == Texts{"video_loss", "online"});
    CHECK(changed_names(result.changed) == std::vector<std::string>{"a", "b"});
  }
  SECTION("back to the status it had: no change at all") {
    const auto result = reconcile(box, *report({{"a", "online"}, {"a", "offline"}}), now, known_only);
    CHECK(result.changed.empty());
    CHECK(box.cameras[0].since == 1);
  }
}

TEST_CASE("any other status is stored unchanged") {
  Nvr box = nvr({{"a", "online"}});
  CHECK(reconcile(box, *report({{"a", "unauthorized"}}), now, known_only).changed.size() == 1);
  CHECK(statuses(box) == Texts{"unauthorized"});
  CHECK(reconcile(box, *report({{"a", "Unauthorized"}}), now, known_only).changed.size() == 1);
}

TEST_CASE("a new address is stored and is no status change") {
  Nvr box = nvr({{"a", "online", "10.0.0.1"}, {"b", "online", "10.0.0.2"}});

  Reconciled result = reconcile(box, *report({{"a", "online", "10.0.0.9"}}), now, known_only);
  CHECK(result.changed.empty());
  CHECK(result.identity_changed);
  CHECK(box.find("a")->ip_address == "10.0.0.9");
  CHECK(box.find("a")->since == 1);

  result = reconcile(box, *report({{"a", "online", "10.0.0.9"}, {"b", "online"}}), now, known_only);
  CHECK_FALSE(result.identity_changed);
  CHECK(box.find("b")->ip_address == "10.0.0.2");

  result = reconcile(box, *report({{"b", "online", ""}}), now, known_only);
  CHECK(result.identity_changed);
  CHECK(box.find("b")->ip_address.empty());
}

TEST_CASE("the order of a report does not matter") {
  const Nvr start = nvr({{"a", "offline"}, {"b", "offline"}, {"c", "offline"}, {"d", "online"}});
  Nvr sorted = start;
  Nvr reversed = start;
  Nvr mixed = start;

  reconcile(sorted, *report({{"a", "online"}, {"b", "x"}, {"c", "online"}, {"d", "y"}}), now, known_only);
  reconcile(reversed, *report({{"d", "y"}, {"c", "online"}, {"b", "x"}, {"a", "online"}}), now, known_only);
  reconcile(mixed, *report({{"c", "online"}, {"a", "online"}, {"d", "y"}, {"b", "x"}}), now, known_only);

  CHECK(statuses(sorted) == Texts{"online", "x", "online", "y"});
  CHECK(reversed == sorted);
  CHECK(mixed == sorted);
}

TEST_CASE("a repeated report changes nothing") {
  Nvr box = nvr({{"a", "offline"}, {"b", "online", "10.0.0.1"}});
  const auto said = report({{"a", "online", "10.0.0.2"}, {"b", "offline", "10.0.0.3"}});
  CHECK(reconcile(box, *said, now, known_only).changed.size() == 2);
  const Nvr after = box;

  const Reconciled again = reconcile(box, *said, now + 1000, known_only);
  CHECK(again.changed.empty());
  CHECK_FALSE(again.identity_changed);
  CHECK(box == after);
}

TEST_CASE("a known camera that is skipped for its status reads unknown, an unknown one stays unknown to the NVR") {
  Nvr box = nvr({{"a", "online", "10.0.0.1"}, {"b", "offline"}});
  auto said = report({{"a", "unknown"}, {"b", "unknown"}, {"z", "unknown"}});
  for (ReportedCamera& entry : said->cameras)
    entry.has_status = false;

  const Reconciled result = reconcile(box, *said, now, {.enroll = true});

  CHECK(names(box) == Texts{"a", "b"});
  CHECK(statuses(box) == Texts{"unknown", "unknown"});
  CHECK(box.cameras[0].source == Source::reported);
  CHECK(box.cameras[0].ip_address == "10.0.0.1");
  CHECK(changed_names(result.changed) == std::vector<std::string>{"a", "b"});
  CHECK(result.unknown == 0); // the report names it as skipped
  CHECK_FALSE(result.identity_changed);
  CHECK(reconcile(box, *said, now, {.enroll = true}).changed.empty());
}

TEST_CASE("the last of duplicate names wins, also if it was skipped for its status") {
  for (const bool wrong_last : {true, false}) {
    Nvr box = nvr({{"a", "offline"}});
    auto said = report({{"a", "online", "10.0.0.1"}, {"a", "online"}, {"new", "online"}, {"new", "online"}});
    for (const std::size_t pair : {std::size_t{0}, std::size_t{2}}) {
      ReportedCamera& entry = said->cameras[pair + (wrong_last ? 1 : 0)];
      entry.status = Status::unknown();
      entry.has_status = false;
    }
    reconcile(box, *said, now, {.enroll = true});
    CHECK(names(box) == Texts{"a", "new"});
    CHECK(statuses(box) == (wrong_last ? Texts{"unknown", "unknown"} : Texts{"online", "online"}));
  }
}

TEST_CASE("in a new online period a camera that is skipped for its status is not one that the report omits") {
  Nvr box = nvr({{"a", "online"}, {"b", "online"}});
  auto said = report({{"a", "unknown"}});
  said->cameras[0].has_status = false;
  reconcile(box, *said, now, {.new_period = true});
  CHECK(statuses(box) == Texts{"unknown", "offline"});
}

TEST_CASE("a camera called . or .. is skipped with the reason unless the NVR has it already") {
  for (const bool enroll : {true, false}) {
    Nvr box = nvr({{".", "offline"}, {"a", "offline"}});
    const auto said = report({{"a", "online"}, {".", "online"}, {"..", "online"}});
    const Reconciled result = reconcile(box, *said, now, {.enroll = enroll});
    CHECK(names(box) == Texts{".", "a"});
    CHECK(statuses(box) == Texts{"online", "online"});
    CHECK(result.unknown == 0);
    REQUIRE(result.skipped.size() == 1);
    CHECK(result.skipped[0].index == 2);
    CHECK(result.skipped[0].name == "..");
    CHECK(result.skipped[0].reason.find("name other than . and ..") != std::string::npos);
  }
}

TEST_CASE("the number of entries called .. that are named is limited") {
  Nvr box = nvr({});
  auto said = std::make_unique<Report>();
  for (std::uint32_t i = 0; i < 1000; ++i)
    said->cameras.push_back({i, "..", std::nullopt, Status::online()});
  const Reconciled result = reconcile(box, *said, now, {.enroll = true});
  CHECK(box.cameras.empty());
  CHECK(result.skipped.size() == 100);
  CHECK(result.unknown == 900);
}
