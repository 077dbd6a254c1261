#pragma once

#include <string>

#include "actors/interfaces.hpp"
#include "actors/nvr_state.hpp"

namespace nvrhub::actors {

/// The owner of one NVR's cameras: reconciles its sessions' reports, hands changes to the store and answers once they
/// are durable. Spawned by the registry when the NVR connects or is changed; leaves when it has nothing left to do.
NvrActor::behavior_type nvr(NvrState::Self self, std::string hostname, SharedPtr shared, StoreActor store,
                            RegistryActor registry);

} // namespace nvrhub::actors
