#include "alerts/support/harness.hpp"

using namespace alerts_test;

TEST_CASE("alerts over the limit are not made and are counted") {
  Harness harness({rule("down", Level::nvr, When::offline, 0)}, {"mail"}, 2);
  for (fleet::NvrId id = 1; id <= 4; ++id) {
    harness.register_nvr(id, "n" + std::to_string(id), "");
    harness.nvr_offline(id);
  }
  CHECK(harness.engine->alerts() == 2);
  CHECK(harness.engine->not_made() == 2);
  harness.nvr_online(1);
  harness.nvr_online(3); // has none
  harness.at(2 * hour);
  CHECK(harness.engine->alerts() == 1);
  harness.nvr_offline(3);
  CHECK(harness.engine->alerts() == 2);
  CHECK(harness.engine->not_made() == 2);
}

TEST_CASE("nothing is kept of NVRs and cameras that are well") {
  Harness harness(default_rules());
  for (fleet::NvrId id = 1; id <= 20; ++id)
    harness.register_nvr(id, "n" + std::to_string(id), "North", {"Gate"});
  CHECK(harness.engine->alerts() == 0);
  for (fleet::NvrId id = 1; id <= 20; ++id)
    harness.nvr_offline(id);
  for (fleet::NvrId id = 1; id <= 20; ++id)
    harness.nvr_online(id, {{"Gate", "online"}});
  CHECK(harness.engine->alerts() == 0);
  CHECK_FALSE(harness.engine->next_deadline().has_value());
}

TEST_CASE("an engine asks for the cameras of an NVR only when they matter") {
  Harness harness(default_rules());
  harness.register_nvr(1, "a", "North", {"Gate", "Yard"});
  int asked = 0;
  const auto apply = [&](fleet::Kind kind, fleet::NvrSummary after) {
    fleet::Event event;
    event.seq = harness.engine->position().seq + 1;
    event.at = harness.now;
    event.kind = kind;
    event.nvr_id = 1;
    event.after = after;
    harness.engine->apply(event, [&] {
      ++asked;
      return harness.view(1);
    });
  };
  apply(fleet::Kind::nvr_offline, {true, false, 0, 2, 0}); // covered by nvr-offline
  apply(fleet::Kind::nvr_online, {true, true, 2, 0, 0});   // all are well
  CHECK(asked == 0);
  apply(fleet::Kind::nvr_offline, {true, false, 0, 2, 0});
  apply(fleet::Kind::nvr_online, {true, true, 1, 1, 0});
  CHECK(asked == 1);
}
