#pragma once

#include <chrono>

#include "net/server_context.hpp"

namespace nvrhub::app {

/// In a cluster, before a server stops: closes the NVRs' sockets with 1001 over some time, so that the other servers do
/// not get all of them at once. Blocks that long, and returns how long. None goes offline. A few are left to the stop.
/// A report is not acknowledged if the log takes longer than half a second for it: the NVR repeats it elsewhere.
std::chrono::milliseconds send_away(net::ServerContext& context);

} // namespace nvrhub::app
