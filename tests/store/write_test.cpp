#include "store/support/stores.hpp"

using namespace nvrhub::test;

namespace {

NvrId add(Store& store, Nvr nvr, WallMillis at = 1'000) {
  Write write = write_of(0, {registered(std::move(nvr), at)});
  return committed(store, write);
}

} // namespace

TEST_CASE("a new NVR gets the next id, and its events have it") {
  NVRHUB_FOR_EACH_BACKEND(fixture);
  const auto store = good(Store::open(fixture.open()));
  Write write = write_of(0, {registered(nvr_named("a", {"door", "yard"}), 1'000),
                             change(Kind::nvr_online, 1'001, {{"door", Status::online()}})});
  write.session = 4;
  write.last_seen = 1'001;
  CHECK(committed(*store, write) == 1);
  for (const Event& event : write.events) {
    CHECK(event.nvr_id == 1);
    CHECK(event.hostname == "a");
    CHECK(event.device_name == "The a");
  }
  CHECK(write.events[0].nvr->id == 1);
  CHECK(write.events[0].seq == 1);
  CHECK(write.events[1].seq == 2);
  CHECK(write.events[1].after.online);
  CHECK(add(*store, nvr_named("b")) == 2);

  const Nvr nvr = nvr_in(*store, 1);
  CHECK(nvr.hostname == "a");
  CHECK(nvr.online);
  CHECK(nvr.session == 4);
  CHECK(nvr.last_seen == 1'001);
  CHECK(nvr.find("door")->status.is_online());
  CHECK(nvr.find("door")->since == 1'001);
  CHECK(nvr.find("yard")->status.is_offline());
  CHECK(nvr.find("yard")->since == 0);
  const Snapshot snapshot = good(store->snapshot());
  CHECK(good(snapshot.id_of("a")) == 1U);
  CHECK_FALSE(good(snapshot.id_of("c")).has_value());
  CHECK(good(snapshot.counts()) == Counts{1, 1, 1, 1, 0});
  require_clean(*store);
}

TEST_CASE("a store may hold the names . and .., which earlier versions accepted, until they are removed") {
  NVRHUB_FOR_EACH_BACKEND(fixture);
  const auto store = good(Store::open(fixture.open()));
  const NvrId id = add(*store, nvr_named("..", {".", ".."}));
  CHECK(nvr_in(*store, id).find("..") != nullptr);
  CHECK(good(good(store->snapshot()).id_of("..")) == id);
  Write fewer = write_of(id, {registered(nvr_named("..", {"."}), 1'001)});
  committed(*store, fewer);
  CHECK(nvr_in(*store, id).cameras.size() == 1);
  require_clean(*store);
}

TEST_CASE("events are read as they were committed") {
  NVRHUB_FOR_EACH_BACKEND(fixture);
  const auto store = good(Store::open(fixture.open()));
  Write write =
      write_of(0, {registered(nvr_named("a", {"door"}), 1'000),
                   change(Kind::nvr_online, 1'001, {{"door", *Status::parse("unauthorized")}}),
                   change(Kind::cameras, 1'002, {{"door", Status::online()}}), offline(1'003, Cause::kicked)});
  const NvrId id = committed(*store, write);
  add(*store, nvr_named("b"));
  for (Event& event : write.events)
    event.device_name.clear(); // the only field that is not stored
  CHECK(events_in(*store, id) == write.events);
  CHECK(events_in(*store).size() == 5);
  CHECK(write.events[2].after.online);
  CHECK_FALSE(write.events[3].after.online);
}

TEST_CASE("each_event and each_nvr observe their range and stop when the visitor returns false") {
  NVRHUB_FOR_EACH_BACKEND(fixture);
  const auto store = good(Store::open(fixture.open()));
  for (const char* name : {"a", "b", "c"})
    add(*store, nvr_named(name));
  for (NvrId id : {1U, 2U, 1U, 2U}) {
    Write write = write_of(id, {change(Kind::nvr_online, 2'000, {})});
    committed(*store, write);
  }
  const Snapshot snapshot = good(store->snapshot());
  const auto seqs = [&](Seq since, Seq upto, std::optional<NvrId> nvr, std::size_t max = 99) {
    std::vector<Seq> out;
    good(snapshot.each_event(since, upto, nvr, [&](Event&& event) {
      out.push_back(event.seq);
      return out.size() < max;
    }));
    return out;
  };
  CHECK(seqs(0, 7, std::nullopt) == std::vector<Seq>{1, 2, 3, 4, 5, 6, 7});
  CHECK(seqs(2, 5, std::nullopt) == std::vector<Seq>{3, 4, 5});
  CHECK(seqs(2, 99, std::nullopt, 2) == std::vector<Seq>{3, 4});
  CHECK(seqs(7, 99, std::nullopt).empty());
  CHECK(seqs(~Seq{0}, ~Seq{0}, std::nullopt).empty());
  CHECK(seqs(0, 7, 1) == std::vector<Seq>{1, 4, 6});
  CHECK(seqs(1, 5, 1) == std::vector<Seq>{4});
  CHECK(seqs(0, 7, 2, 1) == std::vector<Seq>{2});
  CHECK(seqs(0, 7, 9).empty());
  std::vector<NvrId> ids;
  good(snapshot.each_nvr(1, [&](Nvr&& nvr) {
    ids.push_back(nvr.id);
    return true;
  }));
  CHECK(ids == std::vector<NvrId>{2, 3});
  ids.clear();
  good(snapshot.each_nvr(0, [&](Nvr&& nvr) {
    ids.push_back(nvr.id);
    return false;
  }));
  CHECK(ids == std::vector<NvrId>{1});
}

TEST_CASE("an older session is fenced, an equal or newer one is not") {
  NVRHUB_FOR_EACH_BACKEND(fixture);
  const auto store = good(Store::open(fixture.open()));
  const NvrId id = add(*store, nvr_named("a", {"door"}));
  Write newer = write_of(id, {change(Kind::nvr_online, 2'000, {})}, 7);
  committed(*store, newer);
  CHECK(refused(*store, write_of(id, {offline(2'001)}, 6)) == Errc::fenced);
  CHECK(nvr_in(*store, id).online);
  Write same = write_of(id, {change(Kind::cameras, 2'002, {{"door", Status::online()}})}, 7);
  committed(*store, same);
  Write of_none = write_of(id, {change(Kind::cameras, 2'003, {{"door", Status::offline()}})});
  committed(*store, of_none);
  CHECK(nvr_in(*store, id).session == 7);
  Write silent = write_of(id, {}, 9); // a takeover without an event
  committed(*store, silent);
  CHECK(refused(*store, write_of(id, {offline(2'004)}, 8)) == Errc::fenced);
  require_clean(*store);
}

TEST_CASE("a refused write does not affect the rest of its batch") {
  NVRHUB_FOR_EACH_BACKEND(fixture);
  const auto store = good(Store::open(fixture.open()));
  const NvrId a = add(*store, nvr_named("a", {"door"}));
  const NvrId b = add(*store, nvr_named("b", {"door"}));
  Write fence = write_of(a, {}, 5);
  committed(*store, fence);
  std::vector<Write> batch{write_of(b, {change(Kind::nvr_online, 3'000, {{"door", Status::online()}})}),
                           write_of(a, {change(Kind::nvr_online, 9'000, {{"door", Status::online()}})}, 4),
                           write_of(77, {offline(9'000)}), write_of(0, {registered(nvr_named("b"), 9'000)}),
                           write_of(b, {change(Kind::cameras, 3'001, {{"door", *Status::parse("video_loss")}})})};
  std::vector<Result<NvrId>> outcomes;
  good(store->commit(batch, outcomes));
  REQUIRE(outcomes.size() == 5);
  CHECK(*outcomes[0] == b);
  CHECK(outcomes[1].error().code == Errc::fenced);
  CHECK(outcomes[2].error().code == Errc::not_found);
  CHECK(outcomes[3].error().code == Errc::taken);
  CHECK(*outcomes[4] == b);
  CHECK(batch[1].events[0].seq == 0);
  CHECK(batch[4].events[0].seq == batch[0].events[0].seq + 1); // no gap, and no time from the refused write
  CHECK(batch[4].events[0].at == 3'001);
  CHECK_FALSE(nvr_in(*store, a).online);
  CHECK(add(*store, nvr_named("c")) == 3); // no id was consumed
  require_clean(*store);
}

TEST_CASE("event times never decrease") {
  NVRHUB_FOR_EACH_BACKEND(fixture);
  const auto store = good(Store::open(fixture.open()));
  const NvrId id = add(*store, nvr_named("a", {"door"}), 5'000);
  Write write = write_of(id, {change(Kind::nvr_online, 4'000, {{"door", Status::online()}}), offline(6'000)});
  committed(*store, write);
  CHECK(write.events[0].at == 5'000);
  CHECK(write.events[1].at == 6'000);
  CHECK(nvr_in(*store, id).find("door")->since == 6'000);
}

TEST_CASE("a rename keeps id and history and frees the old hostname") {
  NVRHUB_FOR_EACH_BACKEND(fixture);
  const auto store = good(Store::open(fixture.open()));
  const NvrId id = add(*store, nvr_named("old", {"door"}));
  add(*store, nvr_named("other"));
  CHECK(refused(*store, write_of(id, {registered(nvr_named("other", {"door"}), 2'000)})) == Errc::taken);
  Write rename = write_of(id, {registered(nvr_named("new", {"door"}), 2'000)});
  CHECK(committed(*store, rename) == id);
  CHECK(rename.events[0].hostname == "new");
  const Snapshot snapshot = good(store->snapshot());
  CHECK(good(snapshot.id_of("new")) == id);
  CHECK_FALSE(good(snapshot.id_of("old")).has_value());
  CHECK(events_in(*store, id).size() == 2);
  CHECK(add(*store, nvr_named("old")) == 3);
  require_clean(*store);
}

TEST_CASE("a registration writes only the records that it changes") {
  NVRHUB_FOR_EACH_BACKEND(fixture);
  const auto store = good(Store::open(fixture.open()));
  const NvrId id = add(*store, nvr_named("a", {"door", "gate", "yard"}));
  Write online = write_of(id, {change(Kind::nvr_online, 2'000, {{"door", Status::online()}})});
  committed(*store, online);
  const auto before = rows_of(*store);
  Nvr nvr = nvr_in(*store, id);
  nvr.remove("gate");
  nvr.add("hall", "10.0.0.7");
  nvr.find("yard")->ip_address = "10.0.0.8";
  Write update = write_of(id, {registered(nvr, 3'000)});
  committed(*store, update);
  ++nvr.version;
  Nvr now = nvr_in(*store, id);
  CHECK(now == nvr);
  const auto cameras_before = std::count_if(before.begin(), before.end(), [&](const auto& row) {
    const auto after = rows_of(*store);
    return row.first[0] == '2' && std::find(after.begin(), after.end(), row) != after.end();
  });
  CHECK(cameras_before == 1); // the record of camera door was not written
  CHECK(good(good(store->snapshot()).counts()) == Counts{1, 0, 1, 2, 0});
  require_clean(*store);
}

TEST_CASE("a removed NVR does not exist, but its id and history stay") {
  NVRHUB_FOR_EACH_BACKEND(fixture);
  const auto store = good(Store::open(fixture.open()));
  const NvrId id = add(*store, nvr_named("a", {"door", "yard"}));
  std::vector<Write> batch{write_of(id, {event_of(Kind::removed, 2'000)}),
                           write_of(id, {change(Kind::cameras, 2'001, {})}),
                           write_of(0, {registered(nvr_named("a"), 2'002)})};
  std::vector<Result<NvrId>> outcomes;
  good(store->commit(batch, outcomes));
  CHECK(outcomes[0].has_value());
  CHECK(outcomes[1].error().code == Errc::not_found);
  CHECK(*outcomes[2] == id + 1);
  const Snapshot snapshot = good(store->snapshot());
  CHECK_FALSE(good(snapshot.nvr(id)).has_value());
  CHECK(good(snapshot.id_of("a")) == id + 1);
  CHECK(good(snapshot.counts()) == Counts{0, 1, 0, 0, 0});
  CHECK(events_in(*store, id).size() == 2);
  CHECK(batch[0].events[0].hostname == "a");
  good(record_seen(*store, {{id, 9'000}}));
  require_clean(*store);
  CHECK(refused(*store, write_of(id + 1, {event_of(Kind::removed, 3'000), offline(3'000)})) == Errc::not_found);
}

TEST_CASE("only an administrative event needs no NVR") {
  NVRHUB_FOR_EACH_BACKEND(fixture);
  const auto store = good(Store::open(fixture.open()));
  Event admin = event_of(Kind::admin, 1'000);
  admin.detail = "token added: lobby";
  Write write = write_of(0, {admin});
  CHECK(committed(*store, write) == 0);
  CHECK(write.events[0].seq == 1);
  CHECK(events_in(*store).front().detail == "token added: lobby");
  CHECK(refused(*store, write_of(0, {offline(1'000)})) == Errc::not_found);
  CHECK(refused(*store, write_of(0, {})) == Errc::not_found);
  CHECK(refused(*store, write_of(0, {admin, offline(1'000)})) == Errc::not_found);
  CHECK(add(*store, nvr_named("a")) == 1);
  require_clean(*store);
}

TEST_CASE("tokens_logged is stored with the events of its write") {
  NVRHUB_FOR_EACH_BACKEND(fixture);
  const auto store = good(Store::open(fixture.open()));
  CHECK(good(good(store->snapshot()).tokens_logged()).empty());
  Write write = write_of(0, {event_of(Kind::admin, 1'000)});
  write.tokens_logged = {"0a1b2c3d", "ffffffff"};
  CHECK(committed(*store, write) == 0);
  CHECK(good(good(store->snapshot()).tokens_logged()) == std::vector<std::string>{"0a1b2c3d", "ffffffff"});
  add(*store, nvr_named("a"));
  CHECK(good(good(store->snapshot()).tokens_logged()).size() == 2);
  write.events = {event_of(Kind::admin, 2'000)};
  write.tokens_logged.emplace();
  CHECK(committed(*store, write) == 0);
  CHECK(good(good(store->snapshot()).tokens_logged()).empty());
  require_clean(*store);
}

TEST_CASE("names that do not fit into a key are refused, not retried") {
  NVRHUB_FOR_EACH_BACKEND(fixture);
  const auto store = good(Store::open(fixture.open()));
  CHECK(refused(*store, write_of(0, {registered(nvr_named(""), 1)})) == Errc::malformed);
  CHECK(refused(*store, write_of(0, {registered(nvr_named(std::string(201, 'x')), 1)})) == Errc::malformed);
  CHECK(refused(*store, write_of(0, {registered(nvr_named("a", {std::string(201, 'x')}), 1)})) == Errc::malformed);
  CHECK(refused(*store, write_of(0, {event_of(Kind::registered, 1)})) == Errc::malformed);
  Nvr twice = nvr_named("a", {"door"});
  twice.cameras.push_back(twice.cameras.front());
  CHECK(refused(*store, write_of(0, {registered(twice, 1)})) == Errc::malformed);
  const std::string longest(200, 'x');
  const NvrId id = add(*store, nvr_named(longest, {longest}));
  Write write = write_of(id, {change(Kind::cameras, 2, {{std::string(600, 'y'), Status::online()}})});
  committed(*store, write); // a camera that the NVR does not have
  CHECK(nvr_in(*store, id).cameras.size() == 1);
  const Snapshot snapshot = good(store->snapshot());
  CHECK_FALSE(good(snapshot.id_of(std::string(600, 'y'))).has_value());
  CHECK_FALSE(good(snapshot.id_of("")).has_value());
}
