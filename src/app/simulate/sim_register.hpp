#pragma once

#include <string>

#include "app/simulate/sim_message.hpp"
#include "app/simulate/sim_target.hpp"

namespace nvrhub::app::sim {

/// Registers the whole fleet with `POST /api/v1/import`, some hundred kilobytes of NDJSON at a time. Blocks; throws
/// std::runtime_error if the server refuses a request.
ImportAnswer register_fleet(const Target& target, const FleetSpec& fleet, const FrameWriter& frames,
                            const std::string& token);

} // namespace nvrhub::app::sim
