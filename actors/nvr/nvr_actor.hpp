#pragma once

#include <string>

#include "actors/messages.hpp"
#include "actors/nvr/state.hpp"

namespace nvrhub::actors {

/// The owner of one NVR's cameras: reconciles its sessions' reports, sends changes to the store and answers when they
/// are durable. The registry spawns it when the NVR connects or is changed; it exits when nothing is left to do.
NvrActor::behavior_type nvr(NvrState::Self self, std::string hostname, SharedPtr shared, StoreActor store,
                            RegistryActor registry);

} // namespace nvrhub::actors
