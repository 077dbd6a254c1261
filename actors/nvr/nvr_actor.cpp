#include "actors/nvr/nvr_actor.hpp"

#include <utility>

namespace nvrhub::actors {

NvrActor::behavior_type nvr(NvrState::Self self, std::string hostname, SharedPtr shared, StoreActor store,
                            RegistryActor registry) {
  self->state.init(self, std::move(hostname), std::move(shared), std::move(store), std::move(registry));
  return {
      [=](const StartSession& message) { self->state.on(message); },
      [=](const Report& message) { self->state.on(message); },
      [=](const SessionClosed& message) { self->state.on(message); },
      [=](const OfflineGraceExpired& message) { self->state.on(message); },
      [=](const Operation& message) { self->state.on(message); },
      [=](const RestartGraceExpired& message) { self->state.on(message); },
      [=](const Loaded& message) { self->state.on(message); },
      [=](const Written& message) { self->state.on(message); },
      [=](const PassivateGranted& message) { self->state.on(message); },
      [=](const SessionClaimed& message) { self->state.on(message); },
      [=](const ChangedElsewhere& message) { self->state.on(message); },
      [=](const Drain& message) { self->state.on(message); },
  };
}

} // namespace nvrhub::actors
