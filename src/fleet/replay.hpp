#pragma once

#include <map>

#include "fleet/event.hpp"

namespace nvrhub::fleet {

using Fleet = std::map<NvrId, Nvr>;

/// Applies one event to the state that all events before it built: the meaning of the log. `check` compares what this
/// makes of the log with the records that the store kept; it shares no code with them.
void apply(Fleet& fleet, const Event& event);

/// The same for an NVR alone. `removed` of the whole NVR is the caller's.
void apply(Nvr& nvr, const Event& event);

} // namespace nvrhub::fleet
