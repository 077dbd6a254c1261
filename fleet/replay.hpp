#pragma once

#include <map>

#include "fleet/event.hpp"

namespace nvrhub::fleet {

using Fleet = std::map<NvrId, Nvr>;

/// Applies one event to the state that all earlier events produced: this defines what the log means. `nvrhub check`
/// compares the result with the store's records, so it shares no code with the store.
void apply(Fleet& fleet, const Event& event);

/// The same for one NVR. The caller handles `removed`.
void apply(Nvr& nvr, const Event& event);

} // namespace nvrhub::fleet
