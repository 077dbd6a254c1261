#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "alerts/alert.hpp"
#include "notify/message.hpp"

// What is read of an alert's JSON (protocol/encode/alerts.hpp) for its messages.

namespace nvrhub::actors {

/// What alerts::Grouping needs of a transition. `channels`: those that exist now, in the order of its mask.
std::optional<alerts::Transition> transition_of(std::string_view json, const std::vector<std::string>& channels);

/// Without device_name and link.
std::optional<notify::AlertView> view_of(std::string_view json);

} // namespace nvrhub::actors
