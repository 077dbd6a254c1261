#include <algorithm>
#include <cstdlib>
#include <random>

#include <catch2/catch.hpp>

#include "fleet/availability.hpp"
#include "fleet/build.hpp"
#include "fleet/replay.hpp"

using namespace nvrhub::fleet;
using namespace nvrhub::fleet::test;

template <>
struct Catch::StringMaker<Outage> {
  static std::string convert(const Outage& outage) {
    return std::to_string(outage.from) + "-" + std::to_string(outage.to) + " " + outage.cause;
  }
};

namespace {

using Outages = std::deque<Outage>;

Event event(Kind kind, WallMillis at) {
  Event made;
  made.kind = kind;
  made.at = at;
  return made;
}
Event offline(WallMillis at, Cause cause) {
  Event made = event(Kind::nvr_offline, at);
  made.cause = cause;
  return made;
}
Event change(Kind kind, WallMillis at, std::string_view camera, std::string_view to, Source source = Source::reported) {
  Event made = event(kind, at);
  made.cameras.push_back({std::string(camera), status(to), source});
  return made;
}
Event registered(WallMillis at, const Nvr& nvr) {
  Event made = event(Kind::registered, at);
  made.nvr = nvr;
  return made;
}

/// An NVR (or a camera of it) from 0 to 1000, observed all the time, online at first.
Availability measure(const std::vector<Event>& events, std::optional<std::string> camera = std::nullopt,
                     std::vector<Span> observed = {{0, 1'000}}) {
  AvailabilityMeter meter({0, 1'000}, std::move(observed), std::move(camera),
                          {nvr({{"A", "online"}, {"B", "offline"}}), ""});
  for (const Event& each : events)
    meter.take(each);
  return std::move(meter).finish();
}

void sums(const Availability& measured, WallMillis online, WallMillis offline, WallMillis unobserved) {
  CHECK(measured.online == online);
  CHECK(measured.offline == offline);
  CHECK(measured.unobserved == unobserved);
}

} // namespace

TEST_CASE("availability: an NVR's outages last from its offline to its online") {
  const auto measured = measure({offline(100, Cause::timeout), event(Kind::nvr_online, 300), event(Kind::conflict, 400),
                                 offline(900, Cause::closed)});
  sums(measured, 700, 300, 0);
  CHECK(measured.outages == Outages{{100, 300, "timeout"}, {900, 1'000, "closed"}});
  CHECK(*measured.share() == Approx(0.7));
  sums(measure({}), 1'000, 0, 0);
}

TEST_CASE("availability: time that was not observed is neither online nor offline") {
  const auto measured = measure({offline(100, Cause::timeout), event(Kind::nvr_online, 600)}, std::nullopt,
                                {{-500, 50}, {80, 200}, {200, 300}, {500, 900}});
  sums(measured, 50 + 20 + 300, 100 + 100 + 100, 330);
  CHECK(measured.outages == Outages{{100, 300, "timeout"}, {500, 600, "timeout"}});
  CHECK(measured.observed == std::deque<Span>{{0, 50}, {80, 300}, {500, 900}});
  const auto nobody = measure({offline(100, Cause::timeout)}, std::nullopt, {});
  sums(nobody, 0, 0, 1'000);
  CHECK(nobody.outages.empty());
  CHECK_FALSE(nobody.share().has_value());
}

TEST_CASE("availability: an NVR does not exist before its registration and after its removal") {
  AvailabilityMeter meter({0, 1'000}, {{0, 1'000}}, std::nullopt, {std::nullopt, ""});
  Nvr made = nvr({});
  made.online = false;
  meter.take(registered(200, made));
  meter.take(registered(250, made)); // an update is no change
  meter.take(event(Kind::nvr_online, 300));
  meter.take(event(Kind::removed, 900));
  const auto measured = std::move(meter).finish();
  sums(measured, 600, 100, 300);
  CHECK(measured.outages == Outages{{200, 300, "never_online"}});
}

TEST_CASE("availability: an NVR that is offline from the beginning") {
  Nvr gone = nvr({});
  gone.online = false;
  AvailabilityMeter meter({0, 1'000}, {{0, 1'000}}, std::nullopt, {gone, "kicked"});
  meter.take(offline(200, Cause::manual)); // manual, while it is offline
  meter.take(event(Kind::nvr_online, 300));
  CHECK(std::move(meter).finish().outages == Outages{{0, 200, "kicked"}, {200, 300, "manual"}});
}

TEST_CASE("availability: a camera is online while its status is online, and offline with its NVR") {
  const auto measured = measure(
      {
          change(Kind::cameras, 100, "A", "video_loss"),
          change(Kind::cameras, 200, "A", "offline"),
          change(Kind::cameras, 300, "A", "online"),
          change(Kind::cameras, 350, "B", "online"),
          offline(400, Cause::error),
          change(Kind::nvr_online, 500, "A", "online"),
          change(Kind::cameras, 600, "A", "unauthorized"),
          offline(700, Cause::closed), // its former status ends here
          change(Kind::nvr_online, 800, "A", "online"),
          change(Kind::cameras, 900, "A", "online", Source::manual),
      },
      "A");
  sums(measured, 100 + 100 + 100 + 200, 500, 0);
  CHECK(measured.outages == Outages{{100, 200, "video_loss"},
                                    {200, 300, "offline"},
                                    {400, 500, "error"},
                                    {600, 700, "unauthorized"},
                                    {700, 800, "closed"}});
}

TEST_CASE("availability: a camera that was offline keeps its own cause during its NVR's outage") {
  const auto measured = measure({offline(400, Cause::error), event(Kind::nvr_online, 500)}, "B");
  CHECK(measured.outages == Outages{{0, 1'000, "offline"}});
  const auto by_hand =
      measure({change(Kind::cameras, 100, "A", "offline", Source::manual), offline(400, Cause::error)}, "A");
  CHECK(by_hand.outages == Outages{{100, 1'000, "manual"}});
}

TEST_CASE("availability: a camera that does not return with its NVR keeps the cause of its offline") {
  const auto measured = measure({offline(100, Cause::error), change(Kind::nvr_online, 200, "B", "online"),
                                 offline(300, Cause::closed), event(Kind::nvr_online, 400)},
                                "A");
  CHECK(measured.outages == Outages{{100, 1'000, "error"}});
  Nvr back = nvr({{"A", "offline"}});
  back.cameras[0].source = Source::nvr_unreachable;
  AvailabilityMeter meter({0, 1'000}, {{0, 1'000}}, "A", {back, "closed", "timeout"});
  CHECK(std::move(meter).finish().outages == Outages{{0, 1'000, "timeout"}});
}

TEST_CASE("availability: registrations create and remove cameras") {
  const auto measured =
      measure({registered(100, nvr({{"B", "offline"}})), registered(300, nvr({{"A", "offline"}, {"B", "offline"}})),
               registered(400, nvr({{"A", "offline"}, {"B", "online"}})), change(Kind::cameras, 600, "A", "online")},
              "A");
  sums(measured, 100 + 400, 300, 200);
  CHECK(measured.outages == Outages{{300, 600, "offline"}});
  sums(measure({}, "C"), 0, 0, 1'000);
}

TEST_CASE("availability: the list of outages is limited, the sums are complete") {
  std::vector<Event> events;
  AvailabilityMeter meter({0, 100'000}, {{0, 100'000}}, std::nullopt, {nvr({}), ""});
  for (WallMillis at = 0; at < 100'000; at += 8) {
    meter.take(offline(at, Cause::closed));
    meter.take(event(Kind::nvr_online, at + 2));
  }
  const auto measured = std::move(meter).finish();
  CHECK(measured.outages.size() == 10'000);
  CHECK(measured.left_out == 2'500);
  CHECK(measured.outages.back().to == 99'994);
  CHECK(measured.offline == 25'000);
}

// ---- random histories, compared to a model that checks every millisecond ----

namespace {

/// The state at one millisecond. Defines the meaning of events independently.
struct Moment {
  bool there = false, online = false;
  std::string cause;
  bool camera_there = false;
  std::string status;
  std::string camera_cause;

  void see(const Event& event) {
    if (event.kind == Kind::removed) *this = {};
    if (event.kind == Kind::registered) {
      if (!there) cause = "never_online";
      there = true;
      const Camera* camera = event.nvr->find("A");
      if (camera != nullptr && !camera_there) set(camera->status.text(), camera->source);
      camera_there = camera != nullptr;
    }
    if (!there) return;
    if (event.kind == Kind::nvr_offline) {
      online = false;
      cause = to_string(*event.cause);
      if (camera_there && status != "offline") set("offline", Source::nvr_unreachable);
    }
    if (event.kind == Kind::nvr_online) online = true;
    if (event.kind != Kind::nvr_online && event.kind != Kind::cameras) return;
    for (const CameraChange& each : event.cameras) {
      if (each.name == "A" && camera_there) set(each.status.text(), each.source);
    }
  }
  void set(std::string_view to, Source source) {
    status = to;
    camera_cause = source == Source::manual ? "manual" : source == Source::nvr_unreachable ? cause : status;
  }
};

struct History {
  std::vector<Event> events;
  std::vector<Span> observed;
  Span range;
};

History random_history(std::mt19937_64& random) {
  const auto below = [&](std::uint64_t n) { return static_cast<WallMillis>(random() % n); };
  constexpr const char* statuses[] = {"online", "offline", "video_loss"};
  History made;
  Nvr now = nvr({});
  now.online = false;
  WallMillis at = below(60);
  bool there = false;
  for (auto n = below(40); n >= 0; --n, at += below(3) == 0 ? 0 : below(30)) {
    Event next;
    switch (there ? below(9) : 8) {
    case 0:
    case 1:
    case 2:
      next = offline(at, static_cast<Cause>(below(cause_count)));
      break;
    case 3:
    case 4:
      next = event(Kind::nvr_online, at);
      [[fallthrough]];
    case 5:
    case 6:
      if (next.kind != Kind::nvr_online) next = event(Kind::cameras, at);
      for (auto c = below(3); c > 0; --c) {
        next.cameras.push_back({below(4) == 0 ? "B" : "A", status(statuses[below(3)]), static_cast<Source>(below(4))});
      }
      break;
    case 7:
      next = below(8) == 0 ? event(Kind::removed, at) : event(Kind::conflict, at);
      break;
    default: {
      Nvr edited = now;
      if (edited.find("A") == nullptr) {
        edited.add("A", "");
      } else if (below(2) == 0) {
        edited.remove("A");
      }
      edited.site = std::to_string(at);
      next = registered(at, edited);
    }
    }
    made.events.push_back(next);
    if (next.kind == Kind::removed) break;
    there = true;
    nvrhub::fleet::apply(now, next);
  }
  for (WallMillis up = below(50); up < at + 100; up += 1 + below(40)) {
    const WallMillis down = up + below(120);
    made.observed.push_back({up, down});
    up = down;
  }
  made.range.from = below(static_cast<std::uint64_t>(at) + 50);
  made.range.to = made.range.from + 1 + below(400);
  return made;
}

Availability by_the_millisecond(const History& history, bool camera) {
  Availability sums;
  for (WallMillis t = history.range.from; t < history.range.to; ++t) {
    Moment moment;
    for (const Event& each : history.events) {
      if (each.at <= t) moment.see(each);
    }
    const bool watched = std::any_of(history.observed.begin(), history.observed.end(),
                                     [t](const Span& span) { return span.from <= t && t < span.to; });
    const bool there = camera ? moment.there && moment.camera_there : moment.there;
    const bool online = camera ? moment.status == "online" : moment.online;
    if (!watched || !there) {
      ++sums.unobserved;
      continue;
    }
    if (sums.observed.empty() || sums.observed.back().to != t) sums.observed.push_back({t, t});
    ++sums.observed.back().to;
    if (online) {
      ++sums.online;
    } else {
      ++sums.offline;
      const std::string& cause = camera ? moment.camera_cause : moment.cause;
      if (sums.outages.empty() || sums.outages.back().to != t || sums.outages.back().cause != cause) {
        sums.outages.push_back({t, t, cause});
      }
      ++sums.outages.back().to;
    }
  }
  return sums;
}

Availability metered(const History& history, bool camera) {
  Fleet fleet;
  Moment moment;
  std::size_t next = 0;
  for (; next < history.events.size() && history.events[next].at <= history.range.from; ++next) {
    Event event = history.events[next];
    event.nvr_id = 1;
    nvrhub::fleet::apply(fleet, event);
    moment.see(event);
  }
  AvailabilityMeter::Beginning beginning{std::nullopt, moment.cause, moment.camera_cause};
  if (!fleet.empty()) beginning.nvr = fleet.begin()->second;
  AvailabilityMeter meter(history.range, history.observed, camera ? std::optional<std::string>("A") : std::nullopt,
                          beginning);
  for (; next < history.events.size(); ++next)
    meter.take(history.events[next]);
  return std::move(meter).finish();
}

} // namespace

TEST_CASE("availability: random histories equal a model that checks every millisecond") {
  const char* const wanted = std::getenv("NVRHUB_TEST_SEED");
  const std::uint64_t seed = wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : std::random_device{}();
  std::mt19937_64 random(seed);
  WallMillis online = 0;
  WallMillis unobserved = 0;
  std::size_t outages = 0;
  for (int i = 0; i < 1'500; ++i) {
    const History history = random_history(random);
    for (const bool camera : {false, true}) {
      CAPTURE(seed, i, camera);
      const Availability expected = by_the_millisecond(history, camera);
      const Availability found = metered(history, camera);
      REQUIRE(found.online == expected.online);
      REQUIRE(found.offline == expected.offline);
      REQUIRE(found.unobserved == expected.unobserved);
      REQUIRE(found.outages == expected.outages);
      REQUIRE(found.observed == expected.observed);
      online += found.online;
      unobserved += found.unobserved;
      outages += found.outages.size();
    }
  }
  CHECK(online > 10'000); // the histories were not trivial
  CHECK(unobserved > 10'000);
  CHECK(outages > 1'000);
}

TEST_CASE("availability: the observed time is listed, whatever the state") {
  const std::vector<Event> events{offline(100, Cause::timeout), event(Kind::removed, 700), registered(900, nvr({}))};
  const auto watched = measure(events, std::nullopt, {{50, 300}, {400, 800}, {850, 1'000}});
  CHECK(watched.observed == std::deque<Span>{{50, 300}, {400, 700}, {900, 1'000}});
}
