#pragma once

#include <cstdint>

#include "fleet/server_clock.hpp"

namespace nvrhub::app {

/// CLOCK_BOOTTIME in nanoseconds.
std::int64_t boot_ns();

/// Reads both clocks of the machine, and whether the kernel says that a time service sets the wall clock.
fleet::ClockReading read_clocks();

} // namespace nvrhub::app
