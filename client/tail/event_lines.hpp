#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "client/tail/known_nvrs.hpp"

namespace nvrhub::client {

/// Whether `--camera` selects an event, by the rule of a camera's history (docs/reference/protocol.md, "History"):
/// those that name it, and those that concern its whole NVR. `known`: the NVR before the event, or null.
bool is_wanted(const nlohmann::ordered_json& event, const CameraFilter& cameras, const KnownNvr* known);

/// An event as lines for people, each with its end:
///
///   2024-01-15 11:30:30 [Main] NVR-Main-Branch (DESKTOP-T7MNQIA): Camera CAM-001: offline → online
///   2024-01-15 11:30:30 [Main] NVR-Main-Branch (DESKTOP-T7MNQIA): Updated 1 camera based on NVR systemStatus
///
/// `cameras` selects the cameras that get a line. `known`: the NVR before the event, or null.
std::string event_lines(const nlohmann::ordered_json& event, const CameraFilter& cameras, const KnownNvr* known);

} // namespace nvrhub::client
