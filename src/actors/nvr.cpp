#include "actors/nvr.hpp"

#include <utility>

namespace nvrhub::actors {

NvrActor::behavior_type nvr(NvrState::Self self, std::string hostname, SharedPtr shared, StoreActor store,
                            RegistryActor registry) {
  self->state.init(self, std::move(hostname), std::move(shared), std::move(store), std::move(registry));
  return {
      [=](const Attach& message) { self->state.on(message); },
      [=](const Report& message) { self->state.on(message); },
      [=](const Closed& message) { self->state.on(message); },
      [=](const GraceOver& message) { self->state.on(message); },
      [=](const Operation& message) { self->state.on(message); },
      [=](const Expire& message) { self->state.on(message); },
      [=](const Loaded& message) { self->state.on(message); },
      [=](const Written& message) { self->state.on(message); },
      [=](const PassivateOk& message) { self->state.on(message); },
      [=](const Drain& message) { self->state.on(message); },
  };
}

} // namespace nvrhub::actors
