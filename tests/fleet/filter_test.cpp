#include "fleet/filter.hpp"

#include <catch2/catch.hpp>

#include "changes.hpp"

using namespace nvrhub::fleet;
using namespace nvrhub::fleet::test;

namespace {

Filter hostnames(std::vector<std::string> names) {
  Filter filter;
  filter.hostnames = std::move(names);
  return filter;
}

Filter sites(std::vector<std::string> names) {
  Filter filter;
  filter.sites = std::move(names);
  return filter;
}

Filter problems() {
  Filter filter;
  filter.problems = true;
  return filter;
}

} // namespace

TEST_CASE("a filter without parts matches everything, one with an empty list nothing") {
  CHECK(Filter{}.is_everything());
  CHECK(Filter{}.matches("a", "", well, false));
  CHECK(Filter{}.matches("a", "North", down, true));
  for (const Filter& filter : {hostnames({}), sites({}), problems()})
    CHECK_FALSE(filter.is_everything());
  CHECK_FALSE(hostnames({}).matches("a", "", down, true));
  CHECK_FALSE(sites({}).matches("a", "", down, true));
}

TEST_CASE("an NVR that does not exist matches no filter") {
  CHECK_FALSE(Filter{}.matches("a", "", nothing, false));
  CHECK_FALSE(Filter{}.matches("a", "", nothing, true));
  CHECK_FALSE(problems().matches("a", "", nothing, true));
}

TEST_CASE("hostnames and sites match whole names, case-sensitively") {
  const Filter some = hostnames({"NVR-1", "NVR-10", "nvr-3"});
  CHECK(some.matches_names("NVR-1", "anywhere"));
  CHECK(some.matches_names("NVR-10", ""));
  for (const char* other : {"", "NVR-", "NVR-11", "NVR-3", "nvr-1"})
    CHECK_FALSE(some.matches_names(other, ""));

  CHECK(sites({"", "North"}).matches_names("a", ""));
  CHECK(sites({"", "North"}).matches_names("a", "North"));
  CHECK_FALSE(sites({"", "North"}).matches_names("a", "South"));
  CHECK_FALSE(sites({"North"}).matches_names("a", ""));
}

TEST_CASE("problems are NVRs that are offline, unconfirmed, or have a camera that is not online") {
  CHECK_FALSE(problems().matches("a", "", well, false));
  CHECK(problems().matches("a", "", well, true));
  CHECK(problems().matches("a", "", partly, false));
  CHECK(problems().matches("a", "", down, false));
  CHECK(problems().matches("a", "", NvrSummary{true, true, 5, 1, 0}, false));
  CHECK(problems().matches("a", "", NvrSummary{true, false, 0, 0, 0}, false));
  CHECK_FALSE(problems().matches("a", "", NvrSummary{true, true, 0, 0, 0}, false));
}

TEST_CASE("every part that is set must match") {
  Filter filter = hostnames({"a", "b"});
  filter.sites = {{"North"}};
  filter.problems = true;
  CHECK(filter.matches("a", "North", down, false));
  CHECK_FALSE(filter.matches("c", "North", down, false));
  CHECK_FALSE(filter.matches("a", "South", down, false));
  CHECK_FALSE(filter.matches("a", "North", well, false));
}

TEST_CASE("matches before and after an event use the NVR's former and new state") {
  const Event better = change(1, 7, down, well);
  CHECK(problems().matched_before(better, false));
  CHECK_FALSE(problems().matches_after(better, false));
  CHECK(problems().matches_after(better, true));

  const Event gone = change(2, 7, well, nothing, Kind::removed);
  CHECK(hostnames({"NVR-7"}).matched_before(gone, false));
  CHECK_FALSE(hostnames({"NVR-7"}).matches_after(gone, false));

  const Event fresh = change(3, 7, nothing, down, Kind::registered);
  CHECK_FALSE(hostnames({"NVR-7"}).matched_before(fresh, false));
  CHECK(hostnames({"NVR-7"}).matches_after(fresh, false));
}

TEST_CASE("a registration has the former names, other events have one name") {
  const Event moved = move(1, 7, "North", "South");
  CHECK(sites({"North"}).matched_before(moved, false));
  CHECK_FALSE(sites({"North"}).matches_after(moved, false));
  CHECK_FALSE(sites({"South"}).matched_before(moved, false));
  CHECK(sites({"South"}).matches_after(moved, false));

  Event renamed = move(2, 7, "", "");
  renamed.hostname_before = "old";
  CHECK(hostnames({"old"}).matched_before(renamed, false));
  CHECK_FALSE(hostnames({"old"}).matches_after(renamed, false));
  CHECK(hostnames({"NVR-7"}).matches_after(renamed, false));

  Event worse = change(3, 7, well, down);
  worse.site = "North";
  worse.hostname_before = "old";
  worse.site_before = "South";
  CHECK(sites({"North"}).matched_before(worse, false));
  CHECK_FALSE(hostnames({"old"}).matched_before(worse, false));
}

TEST_CASE("equal filters compare equal, all others are ordered") {
  CHECK(sites({"North"}) == sites({"North"}));
  std::vector<Filter> all{Filter{},  problems(),  hostnames({}), hostnames({"a"}), hostnames({"a", "b"}),
                          sites({}), sites({"a"})};
  for (std::size_t a = 0; a < all.size(); ++a) {
    for (std::size_t b = 0; b < all.size(); ++b) {
      CHECK((all[a] == all[b]) == (a == b));
      CHECK(((all[a] < all[b]) != (all[b] < all[a])) == (a != b));
    }
  }
}

TEST_CASE("a narrowed filter matches a subset, and only of the given sites") {
  Filter everything;
  everything.narrow_to({"", "North"});
  CHECK(everything.matches("a", "North", well, false));
  CHECK(everything.matches("a", "", well, false));
  CHECK_FALSE(everything.matches("a", "South", down, true));
  Filter some = sites({"North", "South"});
  some.narrow_to({"", "North"});
  CHECK(some.matches("a", "North", well, false));
  CHECK_FALSE(some.matches("a", "", well, false));
  CHECK_FALSE(some.matches("a", "South", well, false));
  Filter none = sites({"South"});
  none.narrow_to({"North"});
  CHECK_FALSE(none.is_everything());
  for (const char* site : {"", "North", "South"})
    CHECK_FALSE(none.matches("a", site, down, true));
}
