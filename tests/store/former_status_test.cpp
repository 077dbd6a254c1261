// `from` of the camera changes of an event: the effective status before it.
#include "store/records/codec.hpp"
#include "store/records/keys.hpp"
#include "store/support/stores.hpp"

using namespace nvrhub::test;

namespace {

const Status video_loss = *Status::parse("video_loss");

/// `camera: from > status` of an event's changes.
std::vector<std::string> transitions(const Event& event) {
  std::vector<std::string> texts;
  for (const CameraChange& change : event.cameras)
    texts.push_back(change.name + ": " + std::string(change.from.text()) + " > " + std::string(change.status.text()));
  return texts;
}

using Texts = std::vector<std::string>;

} // namespace

TEST_CASE("from: is the status before the event, whatever the writer set") {
  NVRHUB_FOR_EACH_BACKEND(fixture);
  const auto store = good(Store::open(fixture.open()));
  Write first = write_of(0, {registered(nvr_named("a", {"door", "yard"}), 1'000),
                             change(Kind::nvr_online, 1'001, {{"door", Status::online()}, {"yard", video_loss}}),
                             change(Kind::cameras, 1'002, {{"door", video_loss}})});
  first.events[2].cameras[0].from = *Status::parse("invented");
  const NvrId id = committed(*store, first);
  CHECK(transitions(first.events[1]) == Texts{"door: offline > online", "yard: offline > video_loss"});
  CHECK(transitions(first.events[2]) == Texts{"door: online > video_loss"});

  // In a write of its own, with the cameras loaded from the store.
  Write second = write_of(id, {change(Kind::cameras, 1'003, {{"yard", Status::online()}, {"door", Status::online()}})});
  committed(*store, second);
  CHECK(transitions(second.events[0]) == Texts{"yard: video_loss > online", "door: video_loss > online"});

  const std::vector<Event> stored = events_in(*store, id);
  REQUIRE(stored.size() == 4);
  CHECK(transitions(stored[1]) == transitions(first.events[1]));
  CHECK(transitions(stored[2]) == transitions(first.events[2]));
  CHECK(transitions(stored[3]) == transitions(second.events[0]));
  require_clean(*store);
}

TEST_CASE("from: is offline after the NVR went offline") {
  NVRHUB_FOR_EACH_BACKEND(fixture);
  const auto store = good(Store::open(fixture.open()));
  Write first = write_of(0, {registered(nvr_named("a", {"door", "yard"}), 1'000),
                             change(Kind::nvr_online, 1'001, {{"door", Status::online()}, {"yard", video_loss}}),
                             offline(1'002)});
  const NvrId id = committed(*store, first);
  Write manual = write_of(id, {change(Kind::cameras, 1'003, {{"yard", Status::online()}})});
  committed(*store, manual);
  CHECK(transitions(manual.events[0]) == Texts{"yard: offline > online"});
  Write back = write_of(id, {change(Kind::nvr_online, 1'004, {{"door", video_loss}, {"yard", Status::offline()}})});
  committed(*store, back);
  CHECK(transitions(back.events[0]) == Texts{"door: offline > video_loss", "yard: online > offline"});
  require_clean(*store);
}

TEST_CASE("from: survives a registration and pruning") {
  NVRHUB_FOR_EACH_BACKEND(fixture);
  const auto store = good(Store::open(fixture.open()));
  Write first = write_of(
      0, {registered(nvr_named("a", {"door"}), 1'000), change(Kind::nvr_online, 1'001, {{"door", video_loss}})});
  const NvrId id = committed(*store, first);
  Nvr edited = nvr_in(*store, id);
  edited.site = "North";
  edited.add("yard", "");
  Write second = write_of(id, {registered(edited, 1'002),
                               change(Kind::cameras, 1'003, {{"door", Status::online()}, {"yard", video_loss}}),
                               change(Kind::cameras, 1'004, {{"unknown", Status::online()}})});
  committed(*store, second);
  CHECK(transitions(second.events[1]) == Texts{"door: video_loss > online", "yard: offline > video_loss"});
  require_clean(*store);
  CHECK(good(store->prune(1'003, 100)) == 3);
  require_clean(*store);
  CHECK(transitions(events_in(*store, id)[0]) == transitions(second.events[1]));
}

TEST_CASE("from: costs no byte in the record if it is online or offline") {
  const auto bytes_of = [](const Status& status, const Status& from) {
    Event event = change(Kind::cameras, 1, {{"door", status}});
    event.cameras[0].from = from;
    std::string bytes;
    encode(Table::events, event_key(1), event, bytes);
    CHECK(good(decode<Event>(Table::events, event_key(1), bytes)).cameras == event.cameras);
    return bytes.size();
  };
  const std::size_t least = bytes_of(Status::online(), Status::offline());
  CHECK(bytes_of(Status::offline(), Status::online()) == least);
  CHECK(bytes_of(Status::online(), video_loss) == least + 11); // its length and text
  CHECK(bytes_of(video_loss, *Status::parse("tampered")) == least + 11 + 9);
}
