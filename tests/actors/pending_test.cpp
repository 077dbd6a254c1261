#include "actors/nvr/pending.hpp"

#include <catch2/catch.hpp>

#include "actors/support/describe.hpp"
#include "fleet/build.hpp"

using namespace nvrhub;
using actors::Pending;
using actors::test::describe;
using Texts = std::vector<std::string>;

namespace {

/// An NVR with cameras a, b and c, all online, and its pending changes.
class Recorder {
public:
  Pending pending;
  fleet::Nvr nvr = fleet::test::nvr({{"a", "online"}, {"b", "online"}, {"c", "online"}});
  fleet::WallMillis clock = 1000;

  std::vector<fleet::StatusChange> set(std::string_view camera, std::string_view status,
                                       fleet::Source source = fleet::Source::reported) {
    fleet::Camera& found = *nvr.find(camera);
    const std::vector<fleet::StatusChange> changed{{found.name, found.status, found.source, found.since}};
    found.status = fleet::test::status(status);
    found.source = source;
    found.since = ++clock;
    return changed;
  }
  void report(std::string_view camera, std::string_view status) {
    const auto changed = set(camera, status);
    pending.cameras(nvr, changed, clock);
  }
  Texts take() {
    Texts texts;
    for (const fleet::Event& event : pending.take()) {
      CHECK(event.nvr_id == 1);
      texts.push_back(describe(event));
    }
    CHECK(pending.empty());
    return texts;
  }
};

const std::string host = "DESKTOP-T7MNQIA";

} // namespace

TEST_CASE("Pending: later reports merge into the last event camera by camera") {
  Recorder recorder;
  recorder.report("a", "offline");
  recorder.report("b", "offline");
  recorder.report("a", "video_loss");
  CHECK(recorder.pending.size() == 1);
  CHECK(recorder.take() == Texts{"cameras " + host + " 2 a=video_loss b=offline"});
}

TEST_CASE("Pending: a merged event has the time of the last change") {
  Recorder recorder;
  recorder.report("a", "offline");
  recorder.report("b", "offline");
  CHECK(recorder.pending.take().at(0).at == recorder.clock);
}

TEST_CASE("Pending: a status that changes and changes back leaves nothing") {
  Recorder recorder;
  recorder.report("a", "offline");
  recorder.report("b", "offline");
  SECTION("one camera") {
    recorder.report("a", "online");
    CHECK(recorder.take() == Texts{"cameras " + host + " 1 b=offline"});
  }
  SECTION("all cameras") {
    recorder.report("a", "online");
    recorder.report("b", "online");
    CHECK(recorder.pending.empty());
    CHECK(recorder.take().empty());
  }
  SECTION("and changes again") {
    recorder.report("b", "online");
    recorder.report("b", "tampered");
    CHECK(recorder.take() == Texts{"cameras " + host + " 2 a=offline b=tampered"});
  }
}

TEST_CASE("Pending: a change of only the source is kept, and not counted") {
  Recorder recorder;
  recorder.report("a", "offline");
  recorder.report("b", "offline");
  const auto changed = recorder.set("a", "online", fleet::Source::manual);
  recorder.pending.cameras(recorder.nvr, changed, recorder.clock);
  CHECK(recorder.take() == Texts{"cameras " + host + " 1 a=online/manual b=offline"});
}

TEST_CASE("Pending: a report after nvr_online merges into it, and nvr_online stays") {
  Recorder recorder;
  const auto changed = recorder.set("a", "offline");
  recorder.pending.nvr_online(recorder.nvr, changed, recorder.clock);
  SECTION("another camera changes") {
    recorder.report("b", "offline");
    CHECK(recorder.take() == Texts{"nvr_online " + host + " 2 a=offline b=offline"});
  }
  SECTION("the camera changes back") {
    recorder.report("a", "online");
    CHECK(recorder.take() == Texts{"nvr_online " + host + " 0"});
  }
}

TEST_CASE("Pending: reports do not merge across another event") {
  Recorder recorder;
  recorder.report("a", "offline");
  SECTION("registered") {
    recorder.pending.registered(recorder.nvr, 2000);
  }
  SECTION("conflict") {
    recorder.pending.conflict(recorder.nvr, "two recorders", 2000);
  }
  recorder.report("a", "online");
  const Texts texts = recorder.take();
  REQUIRE(texts.size() == 3);
  CHECK(texts[0] == "cameras " + host + " 1 a=offline");
  CHECK(texts[2] == "cameras " + host + " 1 a=online");
}

TEST_CASE("Pending: each online period has its events") {
  Recorder recorder;
  recorder.pending.nvr_online(recorder.nvr, {}, 1);
  recorder.pending.nvr_offline(recorder.nvr, fleet::Cause::timeout, 2);
  recorder.pending.nvr_online(recorder.nvr, {}, 3);
  CHECK(recorder.take() ==
        Texts{"nvr_online " + host + " 0", "nvr_offline " + host + " 3 timeout", "nvr_online " + host + " 0"});
}

TEST_CASE("Pending: registered stays before the statuses that follow it") {
  Recorder recorder;
  recorder.pending.registered(recorder.nvr, 1);
  recorder.report("a", "offline");
  CHECK(recorder.take() == Texts{"registered " + host, "cameras " + host + " 1 a=offline"});
}

TEST_CASE("Pending: registered contains the NVR as it was then") {
  Recorder recorder;
  recorder.pending.registered(recorder.nvr, 1, 2);
  recorder.nvr.site = "later";
  const auto events = recorder.pending.take();
  REQUIRE(events.at(0).nvr);
  CHECK(events[0].nvr->site.empty());
  CHECK(events[0].cameras_updated == 2);
}

TEST_CASE("Pending: offline and removal count the cameras that were not offline") {
  Recorder recorder;
  recorder.set("a", "offline");
  recorder.set("b", "video_loss");
  recorder.pending.nvr_offline(recorder.nvr, fleet::Cause::closed, 1);
  recorder.pending.removed(recorder.nvr, 2);
  const auto events = recorder.pending.take();
  CHECK(events.at(0).cameras_updated == 2);
  CHECK(events.at(1).cameras_updated == 2);
  CHECK_FALSE(events[0].after.online);
  CHECK_FALSE(events[1].after.online);
}

TEST_CASE("Pending: a report without changes makes no event") {
  Recorder recorder;
  recorder.pending.cameras(recorder.nvr, {}, 1);
  CHECK(recorder.pending.empty());
}
