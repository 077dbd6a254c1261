#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "fleet/nvr.hpp"
#include "fleet/report.hpp"

namespace nvrhub::fleet {

/// A camera whose effective status was changed, with its former values. The NVR already has the new ones.
struct StatusChange {
  std::string name;
  Status before;
  Source source_before = Source::reported;
  WallMillis since_before = 0;
};

struct Reconciled {
  std::vector<StatusChange> changed;
  bool identity_changed = false;     // a camera was enrolled or an ip_address changed
  std::uint32_t unknown = 0;         // entries ignored because the NVR has no such camera
  std::vector<SkippedEntry> skipped; // entries over the camera limit, and unknown cameras called "." or ".."
};

struct ReconcileRules {
  bool enroll = false;            // create unknown cameras (`--enroll auto`)
  std::size_t max_cameras = 1024; // per NVR
  bool new_period = false;        // the auth of a new online period: cameras that it omits become `offline`
};

/// seed.md "processSystemStatus", protocol.md "Reconcile": sets the status of each reported, known camera if it differs
/// and changes nothing else; the last of duplicate names wins. An entry without a valid status sets a known camera to
/// `unknown` and creates none. A new address is stored but is no status change.
/// Changed cameras get source `reported` and `since` = `at`. Linear in the report; known cameras in the NVR's order
/// need no search.
Reconciled reconcile(Nvr& nvr, const Report& report, WallMillis at, const ReconcileRules& rules);

/// seed.md "markAllCamerasOnline": every camera that reads `offline` becomes `online`, tagged `assumed`; other statuses
/// stay.
std::vector<StatusChange> assume_online(Nvr& nvr, WallMillis at);

/// Restores the cameras of `changed` to their former values.
void undo(Nvr& nvr, const std::vector<StatusChange>& changed);

} // namespace nvrhub::fleet
