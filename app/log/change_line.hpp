#pragma once

#include <cstddef>
#include <string>

#include "app/log/format.hpp"
#include "fleet/event.hpp"

namespace nvrhub::app {

/// Camera changes that a line lists; it counts the others.
inline constexpr std::size_t max_listed_changes = 10;

/// The part after time and level of the line about a status change, event `status_change`
/// (docs/reference/log-events.md): hostname, device name, and for nvr_online and cameras the former and new status of
/// up to max_listed_changes cameras. REQUIRES: fleet::is_status_change(event).
std::string change_payload(LogFormat format, const fleet::Event& event);

} // namespace nvrhub::app
