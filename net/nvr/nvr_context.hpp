#pragma once

#include <atomic>

#include "actors/messages.hpp"
#include "net/websocket/websocket_context.hpp"

namespace nvrhub::net {

/// What NVR sessions need of the server. Outlives them.
struct NvrContext {
  WebSocketContext& websocket;
  actors::Shared& shared;                // clock, presence, log
  const actors::RegistryActor& registry; // set while there are sessions
  const std::atomic<bool>& leaving;      // NVRs are being moved to other servers: none is accepted
};

} // namespace nvrhub::net
