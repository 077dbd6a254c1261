#include "notify/resend.hpp"

#include <catch2/catch.hpp>

#include "notify/support/messages.hpp"

using namespace nvrhub::notify;
using namespace nvrhub::notify::testing;

namespace {
constexpr nvrhub::fleet::WallMillis minute = 60'000;
}

TEST_CASE("resend: what fires is sent again each minute") {
  Resend resend;
  CHECK_FALSE(resend.next_deadline());
  resend.update(nvr_alert("A"), noon);
  CHECK(resend.next_deadline() == noon + minute);
  CHECK(resend.take_due(noon + minute - 1).empty());
  CHECK(resend.take_due(noon + minute).size() == 1);
  CHECK(resend.take_due(noon + minute + 1).empty());
  resend.update(nvr_alert("B"), noon + minute + 2);
  CHECK(resend.next_deadline() == noon + 2 * minute);
  CHECK(resend.take_due(noon + 2 * minute).size() == 2);
  resend.remove(nvr_alert("A").id);
  CHECK(resend.take_due(noon + 3 * minute).size() == 1);
}

TEST_CASE("resend: a recovery is repeated for 15 minutes") {
  Resend resend;
  resend.update(nvr_alert(), noon);
  resend.update(resolved(nvr_alert()), noon + 1);
  auto due = resend.take_due(noon + minute);
  REQUIRE(due.size() == 1);
  CHECK(due.front().is_resolved());
  CHECK(resend.take_due(noon + 15 * minute).size() == 1);
  CHECK(resend.take_due(noon + 16 * minute).empty());
  CHECK_FALSE(resend.next_deadline());
}

TEST_CASE("resend: a clock that steps back stops nothing") {
  Resend resend;
  resend.update(nvr_alert(), noon);
  CHECK(resend.take_due(noon - 60 * minute).size() == 1);
  CHECK(resend.next_deadline() == noon - 59 * minute);
}

TEST_CASE("resend: at most 10,000 alerts are kept") {
  Resend resend;
  for (std::size_t i = 0; i <= Resend::max_alerts; ++i)
    resend.update(nvr_alert("N" + std::to_string(i)), noon);
  CHECK(resend.take_due(noon + minute).size() == Resend::max_alerts);
}
