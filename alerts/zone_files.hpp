#pragma once

#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "alerts/time_zone.hpp"

namespace nvrhub::alerts {

/// Reads the zone `name`, such as Europe/Berlin, from the time zone database of the system. The only part of this
/// folder that reads files: callers load zones when they decode maintenance windows, the engine has them in memory.
/// BLOCKS: reads one small file. ERRORS: what is wrong, and what to install if the database is missing.
tl::expected<TimeZonePtr, std::string> load_time_zone(std::string_view name,
                                                      const std::string& directory = "/usr/share/zoneinfo");

/// Whether `name` has the form of a zone's name: letters, digits, `_+-` and single slashes. It cannot leave the
/// directory of the database.
bool is_zone_name(std::string_view name);

} // namespace nvrhub::alerts
