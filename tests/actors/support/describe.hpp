#pragma once

#include <string>

#include "fleet/event.hpp"
#include "fleet/nvr.hpp"

namespace nvrhub::actors::test {

/// One line for an event: "nvr_online A 2 cam1=online cam2=online/assumed", "nvr_offline A 2 closed", "registered A".
std::string describe(const fleet::Event& event);
/// "online cam1=online cam2=offline/nvr_unreachable": a source is shown unless it is `reported`.
std::string describe(const fleet::Nvr& nvr);

} // namespace nvrhub::actors::test
