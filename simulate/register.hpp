#pragma once

#include "client/http_client.hpp"
#include "simulate/nvr/message.hpp"

namespace nvrhub::simulate {

/// Registers the whole fleet with `POST /api/v1/import`, in requests of some hundred kilobytes of NDJSON. Blocks.
/// ERRORS: throws std::runtime_error if the server cannot be reached or refuses a request.
ImportAnswer register_fleet(const client::Server& server, const FleetSpec& fleet, const FrameWriter& frames);

} // namespace nvrhub::simulate
