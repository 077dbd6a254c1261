#pragma once

#include <string>

#include "simulate/nvr/message.hpp"
#include "simulate/target.hpp"

namespace nvrhub::simulate {

/// Registers the whole fleet with `POST /api/v1/import`, in requests of some hundred kilobytes of NDJSON. Blocks.
/// ERRORS: throws std::runtime_error if the server refuses a request.
ImportAnswer register_fleet(const Target& target, const FleetSpec& fleet, const FrameWriter& frames,
                            const std::string& token);

} // namespace nvrhub::simulate
