#include <fstream>
#include <sstream>

#include "alerts/maintenance.hpp"
#include "alerts/support/harness.hpp"
#include "alerts/zone_files.hpp"

using namespace alerts_test;

namespace {

TimeZonePtr zone(const std::string& name) {
  auto loaded = load_time_zone(name);
  INFO((loaded ? std::string() : loaded.error()));
  REQUIRE(loaded.has_value());
  return *loaded;
}

/// Seconds since 1970 of a date and time, by no zone.
std::int64_t seconds(int year, int month, int day, int hours = 0, int minutes = 0) {
  std::tm parts{};
  parts.tm_year = year - 1900;
  parts.tm_mon = month - 1;
  parts.tm_mday = day;
  parts.tm_hour = hours;
  parts.tm_min = minutes;
  return timegm(&parts);
}

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

MaintenanceWindow weekly(const TimeZonePtr& where, int days, int start_minutes, fleet::WallMillis length) {
  return {"w", "", {}, Weekly{static_cast<std::uint8_t>(days), start_minutes, length, where}};
}

constexpr int sunday = 1;

} // namespace

TEST_CASE("a zone knows the offset at a time, before, within and after its table") {
  struct Row {
    const char* name;
    std::int64_t utc;
    std::int64_t offset;
  };
  const Row rows[] = {
      {"Europe/Berlin", seconds(2026, 1, 1), 3'600},
      {"Europe/Berlin", seconds(2026, 7, 1), 7'200},
      {"Europe/Berlin", seconds(2026, 3, 29, 0, 59), 3'600},
      {"Europe/Berlin", seconds(2026, 3, 29, 1, 0), 7'200},
      {"Europe/Berlin", seconds(2026, 10, 25, 0, 59), 7'200},
      {"Europe/Berlin", seconds(2026, 10, 25, 1, 0), 3'600},
      {"Europe/Berlin", seconds(2100, 7, 1), 7'200},
      {"Europe/Berlin", seconds(2100, 12, 1), 3'600},
      {"America/New_York", seconds(2050, 7, 4), -14'400},
      {"Australia/Sydney", seconds(2050, 1, 1), 39'600}, // summer over the turn of the year
      {"Australia/Lord_Howe", seconds(2050, 1, 1), 39'600},
      {"Australia/Lord_Howe", seconds(2050, 7, 1), 37'800},
      {"Asia/Kathmandu", seconds(2026, 1, 1), 20'700},
      {"America/Nuuk", seconds(2050, 1, 1), -7'200}, // a rule with a day of -1
      {"UTC", seconds(2026, 1, 1), 0},
  };
  for (const Row& row : rows) {
    INFO(row.name << " " << row.utc);
    CHECK(zone(row.name)->offset_at(row.utc) == row.offset);
  }
}

TEST_CASE("zones agree with the C library") {
  const char* const before = std::getenv("TZ");
  const std::string kept = before == nullptr ? "" : before;
  for (const char* name : {"Europe/Berlin", "America/Sao_Paulo", "Africa/Casablanca", "Asia/Tehran", "Pacific/Apia",
                           "Europe/Dublin", "America/St_Johns", "Antarctica/Troll"}) {
    setenv("TZ", name, 1); // the tests have one thread
    tzset();
    const TimeZonePtr here = zone(name);
    for (std::time_t utc = seconds(1950, 1, 1); utc < seconds(2120, 1, 1); utc += 40'009) {
      std::tm local{};
      localtime_r(&utc, &local);
      if (here->offset_at(utc) != local.tm_gmtoff) FAIL(name << " at " << utc);
    }
  }
  before == nullptr ? unsetenv("TZ") : setenv("TZ", kept.c_str(), 1);
  tzset();
}

TEST_CASE("a local time that the clock shows twice is the first, one that it skips is the moment of the change") {
  const TimeZonePtr berlin = zone("Europe/Berlin");
  CHECK(berlin->to_utc(seconds(2026, 6, 1, 12)) == seconds(2026, 6, 1, 10));
  CHECK(berlin->to_utc(seconds(2026, 3, 29, 1, 59)) == seconds(2026, 3, 29, 0, 59));
  CHECK(berlin->to_utc(seconds(2026, 3, 29, 2, 0)) == seconds(2026, 3, 29, 1, 0));
  CHECK(berlin->to_utc(seconds(2026, 3, 29, 2, 30)) == seconds(2026, 3, 29, 1, 0));
  CHECK(berlin->to_utc(seconds(2026, 3, 29, 3, 0)) == seconds(2026, 3, 29, 1, 0));
  CHECK(berlin->to_utc(seconds(2026, 10, 25, 2, 30)) == seconds(2026, 10, 25, 0, 30));
  CHECK(berlin->to_utc(seconds(2026, 10, 25, 3, 0)) == seconds(2026, 10, 25, 2, 0));
  // Samoa skipped the whole of 2011-12-30.
  CHECK(zone("Pacific/Apia")->to_utc(seconds(2011, 12, 30, 12)) == seconds(2011, 12, 30, 10));
}

TEST_CASE("a weekly window begins at the same local time in summer and winter, and lasts its length") {
  const MaintenanceWindow window = weekly(zone("Europe/Berlin"), sunday, 150, 2 * hour); // 02:30
  const auto check = [&](std::int64_t from, std::int64_t to) {
    CHECK_FALSE(window.is_active(from * 1'000 - 1));
    CHECK(window.is_active(from * 1'000));
    CHECK(window.is_active(to * 1'000 - 1));
    CHECK_FALSE(window.is_active(to * 1'000));
    CHECK(window.next_change(from * 1'000 - 1) == from * 1'000);
    CHECK(window.next_change(from * 1'000) == to * 1'000);
  };
  check(seconds(2026, 1, 4, 1, 30), seconds(2026, 1, 4, 3, 30));
  check(seconds(2026, 7, 5, 0, 30), seconds(2026, 7, 5, 2, 30));
  check(seconds(2026, 3, 29, 1, 0), seconds(2026, 3, 29, 3, 0));     // skipped: from the change on
  check(seconds(2026, 10, 25, 0, 30), seconds(2026, 10, 25, 2, 30)); // shown twice: the first
  CHECK(window.next_change(seconds(2026, 7, 5, 2, 30) * 1'000) == seconds(2026, 7, 12, 0, 30) * 1'000);
}

TEST_CASE("a weekly window may last over midnight and for days") {
  const MaintenanceWindow night = weekly(zone("UTC"), 1 << 1, 22 * 60, 8 * hour); // Monday 22:00
  CHECK(night.is_active(start + 23 * hour));
  CHECK(night.is_active(start + 30 * hour - 1));
  CHECK_FALSE(night.is_active(start + 30 * hour));
  CHECK_FALSE(night.is_active(start + 21 * hour));
  const MaintenanceWindow long_one = weekly(zone("UTC"), 1 << 1, 0, 6 * 24 * hour);
  CHECK(long_one.is_active(start + 6 * 24 * hour - 1));
  CHECK_FALSE(long_one.is_active(start + 6 * 24 * hour));
  const MaintenanceWindow daily = weekly(zone("UTC"), 127, 60, 25 * hour); // overlaps itself
  for (fleet::WallMillis t = 0; t < 7 * 24 * hour; t += 7 * minute)
    CHECK(daily.is_active(start + t));
}

TEST_CASE("next_change misses no change") {
  const MaintenanceWindow windows[] = {weekly(zone("Europe/Berlin"), 0b1010101, 90, 3 * hour),
                                       weekly(zone("Australia/Lord_Howe"), 127, 110, 30 * minute),
                                       {"o", "", {}, Once{start + hour, start + 2 * hour}}};
  for (const MaintenanceWindow& window : windows) {
    fleet::WallMillis at = seconds(2026, 3, 1) * 1'000;
    while (at < seconds(2026, 11, 10) * 1'000) {
      const auto next = window.next_change(at);
      const bool active = window.is_active(at);
      const fleet::WallMillis end = next.value_or(at + 24 * hour);
      for (fleet::WallMillis t = at; t < end; t += 5 * minute) {
        if (window.is_active(t) != active) FAIL("it changes before next_change, at " << t);
      }
      at = end;
    }
  }
}

TEST_CASE("an unknown zone and a missing database are clear errors") {
  CHECK(load_time_zone("Europe/Berlin", "/nonexistent").error() ==
        "there is no time zone database in /nonexistent: install the package tzdata");
  for (const char* name : {"Mars/Base", "", "../passwd", "/etc/passwd", "Europe", "Europe/", "Europe//Berlin",
                           "zone.tab", "tzdata.zi", "Europe/../UTC"}) {
    INFO(name);
    const auto loaded = load_time_zone(name);
    REQUIRE_FALSE(loaded.has_value());
    CHECK(loaded.error() ==
          "time zone " + std::string(name) + " is unknown: expected a name of IANA's such as Europe/Berlin");
  }
}

TEST_CASE("a damaged zone file is an error or a zone, never a crash") {
  const std::string good = bytes_of("/usr/share/zoneinfo/Europe/Berlin");
  REQUIRE(TimeZone::parse("x", good).has_value());
  for (std::size_t size = 0; size < good.size(); size += size < 200 ? 1 : 37)
    CHECK_FALSE(TimeZone::parse("x", good.substr(0, size)).has_value());
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const char byte : {'\0', '\x7f', '\xff'}) {
      std::string bad = good;
      bad[i] = byte;
      const auto parsed = TimeZone::parse("x", bad);
      if (parsed) {
        parsed->offset_at(seconds(2060, 5, 5));
        parsed->to_utc(seconds(2060, 5, 5));
      }
    }
  }
}

TEST_CASE("the rule at the end of a zone file") {
  const auto offset = [](const char* text, std::int64_t utc) { return PosixZone::parse(text).value().offset_at(utc); };
  CHECK(offset("<+0330>-3:30", 0) == 12'600);
  CHECK(offset("EST5EDT,M3.2.0,M11.1.0", seconds(2026, 3, 8, 6, 59)) == -18'000);
  CHECK(offset("EST5EDT,M3.2.0,M11.1.0", seconds(2026, 3, 8, 7, 0)) == -14'400);
  CHECK(offset("AAA0BBB,J60,J300", seconds(2028, 3, 1, 1)) == 0); // J60 is March 1, at 02:00
  CHECK(offset("AAA0BBB,J60,J300", seconds(2028, 3, 1, 2)) == 3'600);
  CHECK(offset("AAA0BBB,59,300", seconds(2028, 2, 29, 2)) == 3'600);
  for (const char* text :
       {"", "CET", "C1", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.6.0,M10.5.0",
        "CET-1CEST,M3.5.7,M10.5.0", "CET-25", "CET-1CEST,M3.5.0,M10.5.0/3x", "<+03-3", "AAA0BBB,J0,J300"}) {
    INFO(text);
    CHECK_FALSE(PosixZone::parse(text).has_value());
  }
}
