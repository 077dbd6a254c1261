#include "fleet/selection.hpp"

#include <algorithm>
#include <map>

#include <catch2/catch.hpp>

#include "changes.hpp"

using namespace nvrhub::fleet;
using namespace nvrhub::fleet::test;

namespace {

using Fate = Selection::Fate;

/// What a filter makes of each event of a run in which nobody is unconfirmed.
std::vector<Fate> fates(const Filter& filter, const std::vector<Event>& run) {
  Selection selection(filter);
  for (const Event& event : run)
    selection.add(event, false, false);
  std::vector<Fate> found;
  for (const Event& event : run)
    found.push_back(selection.fate(event));
  return found;
}

std::vector<NvrId> entering(const Selection& selection) {
  std::vector<NvrId> ids;
  selection.each_entering([&ids](NvrId id) { ids.push_back(id); });
  std::sort(ids.begin(), ids.end());
  return ids;
}

Filter problems() {
  Filter filter;
  filter.problems = true;
  return filter;
}

Filter site(const std::string& name) {
  Filter filter;
  filter.sites = {{name}};
  return filter;
}

} // namespace

TEST_CASE("who matches before and after a run is told of as he is") {
  CHECK(fates(problems(), {change(1, 7, down, partly)}) == std::vector{Fate::pass});
  CHECK(fates(problems(), {change(1, 7, down, partly), change(2, 7, partly, down)}) ==
        std::vector{Fate::pass, Fate::pass});
  CHECK(fates(problems(), {change(1, 7, down, well), change(2, 7, well, well, Kind::registered),
                           change(3, 7, well, down)}) == std::vector{Fate::pass, Fate::pass, Fate::pass});
}

TEST_CASE("who matches neither before nor after a run is not told of") {
  CHECK(fates(problems(), {change(1, 7, well, well)}) == std::vector{Fate::hide});
  CHECK(fates(problems(), {change(1, 7, well, down), change(2, 7, down, well)}) == std::vector{Fate::hide, Fate::hide});
}

TEST_CASE("who comes to match enters once, at his last event") {
  CHECK(fates(problems(), {change(1, 7, well, down)}) == std::vector{Fate::enter});
  CHECK(fates(problems(), {change(1, 7, well, down), change(2, 7, down, partly), change(3, 7, partly, down)}) ==
        std::vector{Fate::hide, Fate::hide, Fate::enter});
  CHECK(fates(site("North"), {move(1, 7, "South", "North")}) == std::vector{Fate::enter});
}

TEST_CASE("who no longer matches leaves once, at his last event") {
  CHECK(fates(problems(), {change(1, 7, down, well)}) == std::vector{Fate::leave});
  CHECK(fates(problems(), {change(1, 7, down, partly), change(2, 7, partly, well), change(3, 7, well, well)}) ==
        std::vector{Fate::hide, Fate::hide, Fate::leave});
  CHECK(fates(site("North"), {move(1, 7, "North", "South")}) == std::vector{Fate::leave});
}

TEST_CASE("a new one comes with its registration, a removed one goes with its removal") {
  const Event fresh = change(1, 7, nothing, down, Kind::registered);
  CHECK(fates(problems(), {fresh}) == std::vector{Fate::pass});
  CHECK(fates(problems(), {fresh, change(2, 7, down, partly)}) == std::vector{Fate::pass, Fate::pass});
  CHECK(fates(problems(), {fresh, change(2, 7, down, well)}) == std::vector{Fate::hide, Fate::hide});
  CHECK(fates(problems(), {fresh, change(2, 7, down, nothing, Kind::removed)}) == std::vector{Fate::hide, Fate::hide});

  CHECK(fates(problems(), {change(1, 7, down, nothing, Kind::removed)}) == std::vector{Fate::pass});
  CHECK(fates(problems(), {change(1, 7, down, well), change(2, 7, well, nothing, Kind::removed)}) ==
        std::vector{Fate::pass, Fate::pass});
  CHECK(fates(problems(), {change(1, 7, well, nothing, Kind::removed)}) == std::vector{Fate::hide});
}

TEST_CASE("each NVR of a run has its own fate") {
  const std::vector<Event> run{change(1, 1, well, down),   change(2, 2, down, well), change(3, 3, down, partly),
                               change(4, 1, down, partly), change(5, 4, well, well), change(6, 2, well, well)};
  CHECK(fates(problems(), run) ==
        std::vector{Fate::hide, Fate::hide, Fate::pass, Fate::enter, Fate::hide, Fate::leave});

  const Filter filter = problems();
  Selection selection(filter);
  for (const Event& event : run)
    selection.add(event, false, false);
  CHECK(entering(selection) == std::vector<NvrId>{1});
}

TEST_CASE("of an event that was not added nothing is told") {
  const Filter filter = problems();
  Selection selection(filter);
  CHECK(selection.fate(change(1, 7, down, down)) == Fate::hide);
  CHECK(entering(selection).empty());
}

TEST_CASE("the unconfirmed are problems, until an event says otherwise") {
  const Filter filter = problems();
  SECTION("well and unconfirmed throughout") {
    Selection selection(filter);
    selection.add(change(1, 7, well, well), true, true);
    CHECK(selection.fate(change(1, 7, well, well)) == Fate::pass);
  }
  SECTION("unconfirmed, then offline, then back and well") {
    Selection selection(filter);
    selection.add(change(1, 7, well, down, Kind::nvr_offline), true, false);
    selection.add(change(2, 7, down, well, Kind::nvr_online), false, false);
    CHECK(selection.fate(change(1, 7, well, down)) == Fate::hide);
    CHECK(selection.fate(change(2, 7, down, well)) == Fate::leave);
  }
  SECTION("what was unconfirmed at the end of the run alone does not count before it") {
    Selection selection(filter);
    selection.add(change(1, 7, well, well), false, true);
    CHECK(selection.fate(change(1, 7, well, well)) == Fate::enter);
    CHECK(entering(selection) == std::vector<NvrId>{7});
  }
}

TEST_CASE("whoever applies what he is told holds what matches, whatever the run") {
  // All runs of four events of one NVR over its four states, from each state.
  const Facts states[] = {nothing, well, partly, down};
  const Filter filter = problems();
  for (unsigned code = 0; code < 4 * 256; ++code) {
    const Facts first = states[code & 3U];
    std::vector<Event> run;
    Facts now = first;
    for (unsigned shift = 2; shift < 10; shift += 2) {
      const Facts next = states[(code >> shift) & 3U];
      if (now == nothing && next == nothing) continue;
      if (now == nothing && !run.empty()) break; // its number is not used again
      const Kind kind = next == nothing ? Kind::removed : now == nothing ? Kind::registered : Kind::cameras;
      run.push_back(change(run.size() + 1, 7, now, next, kind));
      now = next;
    }
    const bool held_before = filter.matches("NVR-7", "", first, false);
    bool held = held_before;
    Facts shown = first;
    const std::vector<Fate> told = fates(filter, run);
    for (std::size_t i = 0; i < run.size(); ++i) {
      if (told[i] == Fate::leave) held = false;
      if (told[i] == Fate::enter || (told[i] == Fate::pass && run[i].kind == Kind::registered)) {
        held = true;
        shown = told[i] == Fate::enter ? now : run[i].after;
      } else if (told[i] == Fate::pass) {
        CHECK(held); // an event of an NVR that he does not hold says nothing to him
        CHECK(shown == run[i].before);
        held = run[i].kind != Kind::removed;
        shown = run[i].after;
      }
    }
    INFO(code);
    CHECK(held == filter.matches("NVR-7", "", now, false));
    CHECK((!held || shown == now));
  }
}
