#include "fleet/selection.hpp"

#include <algorithm>
#include <map>

#include <catch2/catch.hpp>

#include "changes.hpp"

using namespace nvrhub::fleet;
using namespace nvrhub::fleet::test;

namespace {

using FilterTransition = Selection::FilterTransition;

/// The transition of each event of a run in which no NVR is unconfirmed.
std::vector<FilterTransition> transitions_of(const Filter& filter, const std::vector<Event>& run) {
  Selection selection(filter);
  for (const Event& event : run)
    selection.add(event, false, false);
  std::vector<FilterTransition> found;
  for (const Event& event : run)
    found.push_back(selection.transition(event));
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

TEST_CASE("an NVR that matches before and after a run keeps its events") {
  CHECK(transitions_of(problems(), {change(1, 7, down, partly)}) == std::vector{FilterTransition::pass});
  CHECK(transitions_of(problems(), {change(1, 7, down, partly), change(2, 7, partly, down)}) ==
        std::vector{FilterTransition::pass, FilterTransition::pass});
  CHECK(transitions_of(problems(), {change(1, 7, down, well), change(2, 7, well, well, Kind::registered),
                                    change(3, 7, well, down)}) ==
        std::vector{FilterTransition::pass, FilterTransition::pass, FilterTransition::pass});
}

TEST_CASE("an NVR that matches neither before nor after a run is hidden") {
  CHECK(transitions_of(problems(), {change(1, 7, well, well)}) == std::vector{FilterTransition::hide});
  CHECK(transitions_of(problems(), {change(1, 7, well, down), change(2, 7, down, well)}) ==
        std::vector{FilterTransition::hide, FilterTransition::hide});
}

TEST_CASE("an NVR that starts to match enters once, at its last event") {
  CHECK(transitions_of(problems(), {change(1, 7, well, down)}) == std::vector{FilterTransition::enter});
  CHECK(
      transitions_of(problems(), {change(1, 7, well, down), change(2, 7, down, partly), change(3, 7, partly, down)}) ==
      std::vector{FilterTransition::hide, FilterTransition::hide, FilterTransition::enter});
  CHECK(transitions_of(site("North"), {move(1, 7, "South", "North")}) == std::vector{FilterTransition::enter});
}

TEST_CASE("an NVR that stops to match leaves once, at its last event") {
  CHECK(transitions_of(problems(), {change(1, 7, down, well)}) == std::vector{FilterTransition::leave});
  CHECK(
      transitions_of(problems(), {change(1, 7, down, partly), change(2, 7, partly, well), change(3, 7, well, well)}) ==
      std::vector{FilterTransition::hide, FilterTransition::hide, FilterTransition::leave});
  CHECK(transitions_of(site("North"), {move(1, 7, "North", "South")}) == std::vector{FilterTransition::leave});
}

TEST_CASE("a new NVR enters with its registration, a removed one leaves with its removal") {
  const Event fresh = change(1, 7, nothing, down, Kind::registered);
  CHECK(transitions_of(problems(), {fresh}) == std::vector{FilterTransition::pass});
  CHECK(transitions_of(problems(), {fresh, change(2, 7, down, partly)}) ==
        std::vector{FilterTransition::pass, FilterTransition::pass});
  CHECK(transitions_of(problems(), {fresh, change(2, 7, down, well)}) ==
        std::vector{FilterTransition::hide, FilterTransition::hide});
  CHECK(transitions_of(problems(), {fresh, change(2, 7, down, nothing, Kind::removed)}) ==
        std::vector{FilterTransition::hide, FilterTransition::hide});

  CHECK(transitions_of(problems(), {change(1, 7, down, nothing, Kind::removed)}) ==
        std::vector{FilterTransition::pass});
  CHECK(transitions_of(problems(), {change(1, 7, down, well), change(2, 7, well, nothing, Kind::removed)}) ==
        std::vector{FilterTransition::pass, FilterTransition::pass});
  CHECK(transitions_of(problems(), {change(1, 7, well, nothing, Kind::removed)}) ==
        std::vector{FilterTransition::hide});
}

TEST_CASE("each NVR of a run has its own transition") {
  const std::vector<Event> run{change(1, 1, well, down),   change(2, 2, down, well), change(3, 3, down, partly),
                               change(4, 1, down, partly), change(5, 4, well, well), change(6, 2, well, well)};
  CHECK(transitions_of(problems(), run) == std::vector{FilterTransition::hide, FilterTransition::hide,
                                                       FilterTransition::pass, FilterTransition::enter,
                                                       FilterTransition::hide, FilterTransition::leave});

  const Filter filter = problems();
  Selection selection(filter);
  for (const Event& event : run)
    selection.add(event, false, false);
  CHECK(entering(selection) == std::vector<NvrId>{1});
}

TEST_CASE("an event that was not added is hidden") {
  const Filter filter = problems();
  Selection selection(filter);
  CHECK(selection.transition(change(1, 7, down, down)) == FilterTransition::hide);
  CHECK(entering(selection).empty());
}

TEST_CASE("unconfirmed NVRs are problems until an event confirms them") {
  const Filter filter = problems();
  SECTION("well and unconfirmed throughout") {
    Selection selection(filter);
    selection.add(change(1, 7, well, well), true, true);
    CHECK(selection.transition(change(1, 7, well, well)) == FilterTransition::pass);
  }
  SECTION("unconfirmed, then offline, then back and well") {
    Selection selection(filter);
    selection.add(change(1, 7, well, down, Kind::nvr_offline), true, false);
    selection.add(change(2, 7, down, well, Kind::nvr_online), false, false);
    CHECK(selection.transition(change(1, 7, well, down)) == FilterTransition::hide);
    CHECK(selection.transition(change(2, 7, down, well)) == FilterTransition::leave);
  }
  SECTION("what was unconfirmed at the end of the run alone does not count before it") {
    Selection selection(filter);
    selection.add(change(1, 7, well, well), false, true);
    CHECK(selection.transition(change(1, 7, well, well)) == FilterTransition::enter);
    CHECK(entering(selection) == std::vector<NvrId>{7});
  }
}

TEST_CASE("a client that applies the events of a random run has exactly what matches") {
  // All runs of four events of one NVR over its four states, from each state.
  const NvrSummary states[] = {nothing, well, partly, down};
  const Filter filter = problems();
  for (unsigned code = 0; code < 4 * 256; ++code) {
    const NvrSummary first = states[code & 3U];
    std::vector<Event> run;
    NvrSummary now = first;
    for (unsigned shift = 2; shift < 10; shift += 2) {
      const NvrSummary next = states[(code >> shift) & 3U];
      if (now == nothing && next == nothing) continue;
      if (now == nothing && !run.empty()) break; // numbers are not reused
      const Kind kind = next == nothing ? Kind::removed : now == nothing ? Kind::registered : Kind::cameras;
      run.push_back(change(run.size() + 1, 7, now, next, kind));
      now = next;
    }
    const bool held_before = filter.matches("NVR-7", "", first, false);
    bool held = held_before;
    NvrSummary shown = first;
    const std::vector<FilterTransition> transitions = transitions_of(filter, run);
    for (std::size_t i = 0; i < run.size(); ++i) {
      if (transitions[i] == FilterTransition::leave) held = false;
      if (transitions[i] == FilterTransition::enter ||
          (transitions[i] == FilterTransition::pass && run[i].kind == Kind::registered)) {
        held = true;
        shown = transitions[i] == FilterTransition::enter ? now : run[i].after;
      } else if (transitions[i] == FilterTransition::pass) {
        CHECK(held); // an event of an NVR that the client does not have means nothing to it
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
