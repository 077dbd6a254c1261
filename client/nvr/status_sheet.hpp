#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace nvrhub::client {

/// A camera and its status, as a person writes them.
struct CameraStatus {
  std::string name;
  std::string status;
};

/// Parses NAME=STATUS; the last `=` separates, so that a name may contain one. Spaces and a CR around are dropped.
/// Whether name and status are valid is left to the server, whose answer the command shows. nullopt: no `=`, or no
/// name.
std::optional<CameraStatus> parse_camera_status(std::string_view text);

/// The cameras of the NVR that `nvrhub nvr` plays, in the order in which they were given.
class StatusSheet {
public:
  bool is_empty() const { return cameras_.empty(); }
  /// Returns the former status; nullopt: a new camera.
  std::optional<std::string> set(const CameraStatus& camera);
  /// The `systemStatus` of a report (docs/reference/protocol.md, "NVR socket").
  nlohmann::ordered_json report() const;

private:
  std::vector<CameraStatus> cameras_;
};

} // namespace nvrhub::client
